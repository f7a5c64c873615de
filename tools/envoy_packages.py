"""Packages of Envoy's API, as far as EnvoyFilters commonly name them."""

from typing import Final

_HTTP_NAMES: Final = (
    "adaptive_concurrency admission_control alternate_protocols_cache aws_lambda aws_request_signing bandwidth_limit"
    " basic_auth buffer cache cdn_loop composite compressor connect_grpc_bridge cors credential_injector csrf"
    " custom_response decompressor dynamic_forward_proxy ext_authz ext_proc fault file_system_buffer gcp_authn geoip"
    " grpc_field_extraction grpc_http1_bridge grpc_http1_reverse_bridge grpc_json_transcoder grpc_stats grpc_web gzip"
    " header_mutation header_to_metadata health_check ip_tagging json_to_metadata jwt_authn kill_request"
    " local_ratelimit lua oauth2 on_demand original_src proto_message_extraction rate_limit_quota ratelimit rbac"
    " router set_filter_state set_metadata stateful_session tap thrift_to_metadata upstream_codec wasm"
)
_NETWORK_NAMES: Final = (
    "client_ssl_auth connection_limit direct_response dubbo_proxy echo ext_authz ext_proc generic_proxy geoip"
    " http_connection_manager local_ratelimit match_delegate mongo_proxy ratelimit rbac redis_proxy"
    " set_filter_state sni_cluster sni_dynamic_forward_proxy tcp_proxy thrift_proxy wasm zookeeper_proxy"
)
_LISTENER_NAMES: Final = "http_inspector local_ratelimit original_dst original_src proxy_protocol tls_inspector"
PACKAGES: Final = tuple(
    f"{lead}.{name}.v3"
    for lead, words in (
        ("envoy.extensions.filters.http", _HTTP_NAMES),
        ("envoy.extensions.filters.network", _NETWORK_NAMES),
        ("envoy.extensions.filters.listener", _LISTENER_NAMES),
        ("envoy.extensions.access_loggers", "file grpc open_telemetry stream wasm fluentd"),
        ("envoy.extensions.transport_sockets", "alts http_11_proxy internal_upstream proxy_protocol raw_buffer tls"),
        (
            "envoy.config",
            "accesslog bootstrap cluster core endpoint listener metrics overload ratelimit rbac route tap",
        ),
        ("envoy.extensions.upstreams", "http tcp"),
    )
    for name in words.split()
)
"""Packages that are known well enough to call a name that is almost theirs a slip of the pen."""
