"""The fields of Envoy's messages that EnvoyFilters commonly patch, with their types.

No full description of Envoy: a field or message that is not listed is not looked at. Notation as in
``kubernetes_fields.py``; ``any`` is a typed extension, ``A|B`` an enum in order of its numbers.
"""

from typing import Any, Final

_TEXTS: Final = ["string"]
_ANYS: Final = {"*": "any"}
_EXTENSION: Final = {"name": "string", "typed_config": "any"}
_FILTER: Final = {**_EXTENSION, "is_optional": "bool", "disabled": "bool"}
_ADDED: Final = [{
    "header": {"key": "string", "value": "string"}, "append": "bool", "keep_empty_value": "bool",
    "append_action": "APPEND_IF_EXISTS_OR_ADD|ADD_IF_ABSENT|OVERWRITE_IF_EXISTS_OR_ADD|OVERWRITE_IF_EXISTS",
}]  # fmt: skip
_HEADERS: Final = {
    "request_headers_to_add": _ADDED, "request_headers_to_remove": _TEXTS, "response_headers_to_add": _ADDED,
    "response_headers_to_remove": _TEXTS,
}  # fmt: skip
_SOCKET: Final = {
    "address": "string", "port_value": "uint32", "named_port": "string", "resolver_name": "string",
    "ipv4_compat": "bool", "protocol": "TCP|UDP",
}  # fmt: skip
_ADDRESS: Final = {"socket_address": _SOCKET, "pipe": {"path": "string", "mode": "uint32"}}
_KEEPALIVE: Final = {"keepalive_probes": "uint32", "keepalive_time": "uint32", "keepalive_interval": "uint32"}
_OPTIONS: Final = [{
    "description": "string", "level": "int64", "name": "int64", "int_value": "int64", "buf_value": "bytes",
    "state": "STATE_PREBIND|STATE_BOUND|STATE_LISTENING",
}]  # fmt: skip
_PERCENT: Final = {"value": "double"}
_FRACTION: Final = {"numerator": "uint32", "denominator": "HUNDRED|TEN_THOUSAND|MILLION"}
_RUNTIME_FRACTION: Final = {"default_value": _FRACTION, "runtime_key": "string"}
_SOURCE: Final = {
    "filename": "string", "inline_string": "string", "inline_bytes": "bytes", "environment_variable": "string",
}  # fmt: skip
_HTTP: Final = {
    "idle_timeout": "duration", "max_connection_duration": "duration", "max_headers_count": "uint32",
    "max_stream_duration": "duration", "max_requests_per_connection": "uint32",
    "headers_with_underscores_action": "ALLOW|REJECT_REQUEST|DROP_HEADER",
}  # fmt: skip
_HTTP1: Final = {
    "allow_absolute_url": "bool", "accept_http_10": "bool", "default_host_for_http_10": "string",
    "enable_trailers": "bool", "allow_chunked_length": "bool",
}  # fmt: skip
_HTTP2: Final = {
    "hpack_table_size": "uint32", "max_concurrent_streams": "uint32", "initial_stream_window_size": "uint32",
    "initial_connection_window_size": "uint32", "allow_connect": "bool", "allow_metadata": "bool",
    "connection_keepalive": {"interval": "duration", "timeout": "duration", "connection_idle_interval": "duration"},
}  # fmt: skip
_SOCKET_TLS: Final = _EXTENSION
_RETRY: Final = {
    "retry_on": "string", "num_retries": "uint32", "per_try_timeout": "duration", "per_try_idle_timeout": "duration",
    "retry_priority": _EXTENSION, "retry_host_predicate": [_EXTENSION], "retry_options_predicates": [_EXTENSION],
    "host_selection_retry_max_attempts": "int64", "retriable_status_codes": ["uint32"],
    "retry_back_off": {"base_interval": "duration", "max_interval": "duration"},
}  # fmt: skip
_REGEX: Final = {"pattern": {"regex": "string"}, "substitution": "string"}
_MATCH: Final = {
    "prefix": "string", "path": "string", "safe_regex": {"regex": "string"}, "path_separated_prefix": "string",
    "case_sensitive": "bool", "runtime_fraction": _RUNTIME_FRACTION,
    "headers": [{"name": "string", "present_match": "bool", "invert_match": "bool", "exact_match": "string"}],
}  # fmt: skip
_ACTION: Final = {
    "cluster": "string", "cluster_header": "string", "prefix_rewrite": "string", "regex_rewrite": _REGEX,
    "cluster_not_found_response_code": "SERVICE_UNAVAILABLE|NOT_FOUND|INTERNAL_SERVER_ERROR",
    "host_rewrite_literal": "string", "auto_host_rewrite": "bool", "host_rewrite_header": "string",
    "append_x_forwarded_host": "bool", "timeout": "duration", "idle_timeout": "duration", "flush_timeout": "duration",
    "retry_policy": _RETRY, "priority": "DEFAULT|HIGH", "max_grpc_timeout": "duration",
    "grpc_timeout_offset": "duration", "include_vh_rate_limits": "bool", "rate_limits": [{"stage": "uint32"}],
    "weighted_clusters": {"clusters": [{"name": "string", "weight": "uint32", **_HEADERS}], "total_weight": "uint32"},
    "upgrade_configs": [{"upgrade_type": "string", "enabled": "bool"}],
    "hash_policy": [{"terminal": "bool", "header": {"header_name": "string"}}],
    "max_stream_duration": {"max_stream_duration": "duration", "grpc_timeout_header_max": "duration"},
    "request_mirror_policies": [{"cluster": "string", "runtime_fraction": _RUNTIME_FRACTION}],
}  # fmt: skip
_ROUTE: Final = {
    "name": "string", "match": _MATCH, "route": _ACTION, "decorator": {"operation": "string", "propagate": "bool"},
    "redirect": {
        "https_redirect": "bool", "scheme_redirect": "string", "host_redirect": "string", "port_redirect": "uint32",
        "path_redirect": "string", "prefix_rewrite": "string", "strip_query": "bool",
        "response_code": "MOVED_PERMANENTLY|FOUND|SEE_OTHER|TEMPORARY_REDIRECT|PERMANENT_REDIRECT",
    },
    "direct_response": {"status": "uint32", "body": _SOURCE}, "typed_per_filter_config": _ANYS,
    "per_request_buffer_limit_bytes": "uint32", "stat_prefix": "string", **_HEADERS,
}  # fmt: skip
_HOST: Final = {
    "name": "string", "domains": _TEXTS, "routes": [_ROUTE], "require_tls": "NONE|EXTERNAL_ONLY|ALL",
    "typed_per_filter_config": _ANYS, "include_request_attempt_count": "bool", "retry_policy": _RETRY,
    "include_attempt_count_in_response": "bool", "per_request_buffer_limit_bytes": "uint32",
    "rate_limits": [{"stage": "uint32"}], **_HEADERS,
}  # fmt: skip
_ROUTES: Final = {
    "name": "string", "virtual_hosts": [_HOST], "internal_only_headers": _TEXTS, "validate_clusters": "bool",
    "most_specific_header_mutations_wins": "bool", "ignore_port_in_host_matching": "bool", "vhost_header": "string",
    "max_direct_response_body_size_bytes": "uint32", "typed_per_filter_config": _ANYS, **_HEADERS,
}  # fmt: skip
_CHAIN: Final = {
    "name": "string", "filters": [_EXTENSION], "use_proxy_proto": "bool", "transport_socket": _SOCKET_TLS,
    "transport_socket_connect_timeout": "duration",
    "filter_chain_match": {
        "destination_port": "uint32", "server_names": _TEXTS, "transport_protocol": "string",
        "application_protocols": _TEXTS, "source_ports": ["uint32"], "source_type": "ANY|SAME_IP_OR_LOOPBACK|EXTERNAL",
        "prefix_ranges": [{"address_prefix": "string", "prefix_len": "uint32"}],
    },
}  # fmt: skip
_LISTENER: Final = {
    "name": "string", "address": _ADDRESS, "stat_prefix": "string", "filter_chains": [_CHAIN],
    "use_original_dst": "bool", "default_filter_chain": _CHAIN, "per_connection_buffer_limit_bytes": "uint32",
    "drain_type": "DEFAULT|MODIFY_ONLY", "listener_filters": [_EXTENSION], "listener_filters_timeout": "duration",
    "continue_on_listener_filters_timeout": "bool", "transparent": "bool", "freebind": "bool",
    "socket_options": _OPTIONS, "tcp_fast_open_queue_length": "uint32", "bind_to_port": "bool",
    "traffic_direction": "UNSPECIFIED|INBOUND|OUTBOUND", "reuse_port": "bool", "enable_reuse_port": "bool",
    "access_log": [_EXTENSION], "tcp_backlog_size": "uint32", "enable_mptcp": "bool",
    "ignore_global_conn_limit": "bool", "bypass_overload_manager": "bool",
    "max_connections_to_accept_per_socket_event": "uint32",
}  # fmt: skip
_HEALTH: Final = {
    "timeout": "duration", "interval": "duration", "initial_jitter": "duration", "interval_jitter": "duration",
    "interval_jitter_percent": "uint32", "unhealthy_threshold": "uint32", "healthy_threshold": "uint32",
    "reuse_connection": "bool", "no_traffic_interval": "duration", "unhealthy_interval": "duration",
    "http_health_check": {"host": "string", "path": "string"}, "tcp_health_check": {"send": {"text": "string"}},
}  # fmt: skip
_OUTLIER: Final = {
    "consecutive_5xx": "uint32", "interval": "duration", "base_ejection_time": "duration",
    "max_ejection_percent": "uint32", "enforcing_consecutive_5xx": "uint32", "enforcing_success_rate": "uint32",
    "success_rate_minimum_hosts": "uint32", "success_rate_request_volume": "uint32",
    "success_rate_stdev_factor": "uint32", "consecutive_gateway_failure": "uint32",
    "enforcing_consecutive_gateway_failure": "uint32", "split_external_local_origin_errors": "bool",
    "consecutive_local_origin_failure": "uint32", "max_ejection_time": "duration",
}  # fmt: skip
_THRESHOLDS: Final = [{
    "priority": "DEFAULT|HIGH", "max_connections": "uint32", "max_pending_requests": "uint32", "max_requests": "uint32",
    "max_retries": "uint32", "track_remaining": "bool", "max_connection_pools": "uint32",
}]  # fmt: skip
_CLUSTER: Final = {
    "name": "string", "alt_stat_name": "string", "type": "STATIC|STRICT_DNS|LOGICAL_DNS|EDS|ORIGINAL_DST",
    "cluster_type": _EXTENSION, "eds_cluster_config": {"service_name": "string"}, "connect_timeout": "duration",
    "per_connection_buffer_limit_bytes": "uint32", "max_requests_per_connection": "uint32",
    "lb_policy": (
        "ROUND_ROBIN|LEAST_REQUEST|RING_HASH|RANDOM|#4|MAGLEV|CLUSTER_PROVIDED|LOAD_BALANCING_POLICY_CONFIG"
    ),
    "health_checks": [_HEALTH], "outlier_detection": _OUTLIER,
    "circuit_breakers": {"thresholds": _THRESHOLDS, "per_host_thresholds": _THRESHOLDS},
    "upstream_http_protocol_options": {"auto_sni": "bool", "auto_san_validation": "bool"},
    "common_http_protocol_options": _HTTP, "http_protocol_options": _HTTP1, "http2_protocol_options": _HTTP2,
    "typed_extension_protocol_options": _ANYS, "dns_refresh_rate": "duration", "respect_dns_ttl": "bool",
    "dns_failure_refresh_rate": {"base_interval": "duration", "max_interval": "duration"},
    "dns_lookup_family": "AUTO|V4_ONLY|V6_ONLY|V4_PREFERRED|ALL", "use_tcp_for_dns_lookups": "bool",
    "wait_for_warm_on_init": "bool", "cleanup_interval": "duration",
    "lb_subset_config": {
        "fallback_policy": "NO_FALLBACK|ANY_ENDPOINT|DEFAULT_SUBSET", "subset_selectors": [{"keys": _TEXTS}],
        "locality_weight_aware": "bool", "panic_mode_any": "bool",
    },
    "ring_hash_lb_config": {
        "minimum_ring_size": "uint64", "maximum_ring_size": "uint64", "hash_function": "XX_HASH|MURMUR_HASH_2",
    },
    "maglev_lb_config": {"table_size": "uint64"}, "least_request_lb_config": {"choice_count": "uint32"},
    "original_dst_lb_config": {"use_http_header": "bool", "http_header_name": "string"},
    "common_lb_config": {
        "healthy_panic_threshold": _PERCENT, "update_merge_window": "duration",
        "ignore_new_hosts_until_first_hc": "bool", "close_connections_on_host_set_change": "bool",
    },
    "transport_socket": _SOCKET_TLS,
    "transport_socket_matches": [{"name": "string", "match": "struct", "transport_socket": _SOCKET_TLS}],
    "protocol_selection": "USE_CONFIGURED_PROTOCOL|USE_DOWNSTREAM_PROTOCOL",
    "upstream_connection_options": {
        "tcp_keepalive": _KEEPALIVE, "set_local_interface_name_on_upstream_connections": "bool",
    },
    "close_connections_on_host_health_failure": "bool", "ignore_health_on_host_removal": "bool",
    "filters": [_EXTENSION], "track_timeout_budgets": "bool", "connection_pool_per_downstream_connection": "bool",
    "track_cluster_stats": {
        "timeout_budgets": "bool", "request_response_sizes": "bool", "per_endpoint_stats": "bool",
    },
    "load_balancing_policy": {"policies": [{"typed_extension_config": _EXTENSION}]},
    "preconnect_policy": {"per_upstream_preconnect_ratio": "double", "predictive_preconnect_ratio": "double"},
}  # fmt: skip
_MANAGER: Final = {
    "codec_type": "AUTO|HTTP1|HTTP2|HTTP3", "stat_prefix": "string", "route_config": _ROUTES,
    "rds": {"route_config_name": "string"}, "http_filters": [_FILTER], "add_user_agent": "bool",
    "common_http_protocol_options": _HTTP, "http_protocol_options": _HTTP1, "http2_protocol_options": _HTTP2,
    "server_name": "string", "server_header_transformation": "OVERWRITE|APPEND_IF_ABSENT|PASS_THROUGH",
    "max_request_headers_kb": "uint32", "stream_idle_timeout": "duration", "request_timeout": "duration",
    "request_headers_timeout": "duration", "drain_timeout": "duration", "delayed_close_timeout": "duration",
    "access_log": [_EXTENSION], "use_remote_address": "bool", "xff_num_trusted_hops": "uint32",
    "skip_xff_append": "bool", "via": "string", "generate_request_id": "bool", "preserve_external_request_id": "bool",
    "always_set_request_id_in_response": "bool", "proxy_100_continue": "bool",
    "forward_client_cert_details": "SANITIZE|FORWARD_ONLY|APPEND_FORWARD|SANITIZE_SET|ALWAYS_FORWARD_ONLY",
    "set_current_client_cert_details": {
        "subject": "bool", "cert": "bool", "chain": "bool", "dns": "bool", "uri": "bool",
    },
    "upgrade_configs": [{"upgrade_type": "string", "filters": [_FILTER], "enabled": "bool"}], "normalize_path": "bool",
    "merge_slashes": "bool", "strip_matching_host_port": "bool", "strip_any_host_port": "bool",
    "strip_trailing_host_dot": "bool", "append_x_forwarded_port": "bool",
    "stream_error_on_invalid_http_message": "bool",
    "path_with_escaped_slashes_action": (
        "IMPLEMENTATION_SPECIFIC_DEFAULT|KEEP_UNCHANGED|REJECT_REQUEST|UNESCAPE_AND_REDIRECT|UNESCAPE_AND_FORWARD"
    ),
    "local_reply_config": {"mappers": [{"status_code": "uint32", "body": _SOURCE, "headers_to_add": _ADDED}]},
    "tracing": {
        "client_sampling": _PERCENT, "random_sampling": _PERCENT, "overall_sampling": _PERCENT, "verbose": "bool",
        "max_path_tag_length": "uint32", "spawn_upstream_span": "bool",
    },
}  # fmt: skip
_LOCAL_RATE: Final = {
    "stat_prefix": "string", "response_headers_to_add": _ADDED,
    "token_bucket": {"max_tokens": "uint32", "tokens_per_fill": "uint32", "fill_interval": "duration"},
    "filter_enabled": _RUNTIME_FRACTION, "filter_enforced": _RUNTIME_FRACTION, "stage": "uint32",
    "local_rate_limit_per_downstream_connection": "bool", "rate_limited_as_resource_exhausted": "bool",
}  # fmt: skip
_SERVICE: Final = {"timeout": "duration", "envoy_grpc": {"cluster_name": "string", "authority": "string"}}

ROOTS: Final[dict[str, dict[str, Any]]] = {
    "CLUSTER": _CLUSTER,
    "LISTENER": _LISTENER,
    "LISTENER_FILTER": _EXTENSION,
    "FILTER_CHAIN": _CHAIN,
    "NETWORK_FILTER": _EXTENSION,
    "HTTP_FILTER": _FILTER,
    "ROUTE_CONFIGURATION": _ROUTES,
    "VIRTUAL_HOST": _HOST,
    "HTTP_ROUTE": _ROUTE,
    "EXTENSION_CONFIG": _EXTENSION,
    "BOOTSTRAP": {
        "stats_flush_interval": "duration", "stats_flush_on_admin": "bool", "enable_dispatcher_stats": "bool",
        "header_prefix": "string", "stats_sinks": [_EXTENSION], "bootstrap_extensions": [_EXTENSION],
        "static_resources": {"clusters": [_CLUSTER], "listeners": [_LISTENER]},
    },
}  # fmt: skip
_HTTP_FILTERS: Final = "envoy.extensions.filters.http"
_NETWORK: Final = "envoy.extensions.filters.network"
TYPES: Final[dict[str, dict[str, Any]]] = {
    "envoy.config.cluster.v3.Cluster": _CLUSTER,
    "envoy.config.listener.v3.Listener": _LISTENER,
    "envoy.config.route.v3.RouteConfiguration": _ROUTES,
    f"{_NETWORK}.http_connection_manager.v3.HttpConnectionManager": _MANAGER,
    f"{_NETWORK}.tcp_proxy.v3.TcpProxy": {
        "stat_prefix": "string", "cluster": "string", "idle_timeout": "duration", "access_log": [_EXTENSION],
        "max_connect_attempts": "uint32", "max_downstream_connection_duration": "duration",
    },
    f"{_NETWORK}.local_ratelimit.v3.LocalRateLimit": {
        "stat_prefix": "string",
        "token_bucket": {"max_tokens": "uint32", "tokens_per_fill": "uint32", "fill_interval": "duration"},
    },
    f"{_HTTP_FILTERS}.lua.v3.Lua": {
        "inline_code": "string", "default_source_code": _SOURCE, "source_codes": {"*": _SOURCE},
        "stat_prefix": "string", "clear_route_cache": "bool",
    },
    f"{_HTTP_FILTERS}.lua.v3.LuaPerRoute": {"disabled": "bool", "name": "string", "source_code": _SOURCE},
    f"{_HTTP_FILTERS}.router.v3.Router": {
        "dynamic_stats": "bool", "start_child_span": "bool", "suppress_envoy_headers": "bool",
        "strict_check_headers": _TEXTS, "upstream_log": [_EXTENSION], "respect_expected_rq_timeout": "bool",
    },
    f"{_HTTP_FILTERS}.local_ratelimit.v3.LocalRateLimit": _LOCAL_RATE,
    f"{_HTTP_FILTERS}.ratelimit.v3.RateLimit": {
        "domain": "string", "stage": "uint32", "request_type": "string", "timeout": "duration",
        "failure_mode_deny": "bool", "rate_limited_as_resource_exhausted": "bool",
        "rate_limit_service": {"grpc_service": _SERVICE, "transport_api_version": "AUTO|V2|V3"},
    },
    f"{_HTTP_FILTERS}.ext_authz.v3.ExtAuthz": {
        "grpc_service": _SERVICE, "failure_mode_allow": "bool", "clear_route_cache": "bool", "stat_prefix": "string",
        "transport_api_version": "AUTO|V2|V3", "include_peer_certificate": "bool",
        "with_request_body": {"max_request_bytes": "uint32", "allow_partial_message": "bool", "pack_as_bytes": "bool"},
    },
    f"{_HTTP_FILTERS}.buffer.v3.Buffer": {"max_request_bytes": "uint32"},
    f"{_HTTP_FILTERS}.gzip.v3.Gzip": {"window_bits": "uint32", "chunk_size": "uint32"},
    f"{_HTTP_FILTERS}.compressor.v3.Compressor": {
        "compressor_library": _EXTENSION, "disable_on_etag_header": "bool", "content_length": "uint32",
    },
    f"{_HTTP_FILTERS}.fault.v3.HTTPFault": {
        "upstream_cluster": "string", "max_active_faults": "uint32",
        "delay": {"fixed_delay": "duration", "percentage": _FRACTION},
        "abort": {"http_status": "uint32", "grpc_status": "uint32", "percentage": _FRACTION},
    },
    f"{_HTTP_FILTERS}.header_to_metadata.v3.Config": {
        "request_rules": [{"header": "string", "remove": "bool"}], "response_rules": [{"header": "string"}],
    },
    f"{_HTTP_FILTERS}.wasm.v3.Wasm": {
        "config": {
            "name": "string", "root_id": "string", "fail_open": "bool", "configuration": "any",
            "vm_config": {"vm_id": "string", "runtime": "string", "configuration": "any", "allow_precompiled": "bool"},
        },
    },
    "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext": {
        "sni": "string", "allow_renegotiation": "bool", "max_session_keys": "uint32",
    },
    "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext": {
        "require_client_certificate": "bool", "require_sni": "bool", "session_timeout": "duration",
    },
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "common_http_protocol_options": _HTTP,
        "upstream_http_protocol_options": {"auto_sni": "bool", "auto_san_validation": "bool"},
        "explicit_http_config": {"http_protocol_options": _HTTP1, "http2_protocol_options": _HTTP2},
        "use_downstream_protocol_config": {"http_protocol_options": _HTTP1, "http2_protocol_options": _HTTP2},
    },
    "envoy.extensions.access_loggers.file.v3.FileAccessLog": {"path": "string", "format": "string"},
}  # fmt: skip
