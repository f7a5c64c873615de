import pytest

from getmesh.model.validation import names


@pytest.mark.parametrize("text", ["a", "A-1", "0", "a" * 63])
def test_labels_may_be_upper_case_and_digits(text: str) -> None:
    assert names.label(text) == ""


@pytest.mark.parametrize("text", ["", "-a", "a-", "a_b", "a.b", "é", "a" * 64, "a\n"])
def test_a_label_has_63_letters_digits_and_inner_dashes(text: str) -> None:
    assert names.label(text)


@pytest.mark.parametrize("text", ["localhost", "a.b", "a.", "a.1.", "a.99999999999999999999"])
def test_a_name_without_wildcard_passes(text: str) -> None:
    assert names.fqdn(text) == ""


@pytest.mark.parametrize("text", ["", "1", ".", "a..b", "*", "1.2.3.4", "a.-1", "a." * 128])
def test_a_name_whose_last_part_is_a_number_is_no_host(text: str) -> None:
    assert names.fqdn(text)


@pytest.mark.parametrize("text", ["*", "*.", "*.a", "*a.b", "*-a.b", "123", "a.b"])
def test_a_wildcard_may_begin_the_first_label(text: str) -> None:
    assert names.wild_domain(text) == ""


@pytest.mark.parametrize("text", ["", "a*", "**", "*-", "*.*.a", "1.2.3.4", "*" + "a" * 63])
def test_a_wildcard_stands_nowhere_else(text: str) -> None:
    assert names.wild_domain(text)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("outbound_.80_._.x.y", True),
        ("outbound_a1_b_c", True),
        ("outbound__1__z", False),
        ("outbound_.80", False),
        ("*.a", True),
    ],
)
def test_sni_routes_also_take_names_of_clusters(text: str, sound: bool) -> None:
    assert (names.gateway_domain(text, sni=True) == "") is sound
    assert names.gateway_domain("outbound_.80_._.x.y", sni=False)


@pytest.mark.parametrize("text", ["1.2.3.4", "::1", "::ffff:1.2.3.4%e", "fe80::1%a%b", "1:2:3:4:5:6:7::"])
def test_addresses_of_both_families_pass(text: str) -> None:
    assert names.ip(text) == ""


@pytest.mark.parametrize(
    "text", ["1.2.3", "01.2.3.4", "1.2.3.4%z", "[::1]", " 1.2.3.4", "::00001", "fe80::1%", "1::2/64", "\u0661.2.3.4"]
)
def test_addresses_are_read_strictly(text: str) -> None:
    assert names.ip(text)


@pytest.mark.parametrize(
    ("text", "sound"),
    [("10.1.2.3/8", True), ("::/0", True), ("10.0.0.0/08", False), ("10.0.0.0/33", False), ("10.0.0.0/", False),
     ("10.0.0.0/255.0.0.0", False), ("fe80::1%e/64", False), ("::/128", True), ("::/129", False)],
)  # fmt: skip
def test_bits_behind_a_prefix_may_be_set(text: str, sound: bool) -> None:
    assert (names.prefix(text) == "") is sound
    assert (names.subnet(text) == "") is sound
    assert (names.address_or_block(text) == "") is sound


def test_a_subnet_has_at_most_one_slash() -> None:
    assert names.subnet("10.0.0.0/8/8")
    assert names.subnet("10.0.0.1") == ""
    assert names.address_or_block("10.0.0.1") == ""


@pytest.mark.parametrize(("number", "sound"), [(0, False), (1, True), (65535, True), (65536, False)])
def test_ports_go_from_1_to_65535(number: int, sound: bool) -> None:
    assert (names.port(number) == "") is sound


@pytest.mark.parametrize(
    ("text", "sound"), [("/run/a", True), ("@any/thing/", True), ("", False), ("/run/", False), ("run", False)]
)
def test_a_socket_has_an_absolute_or_abstract_path(text: str, sound: bool) -> None:
    assert (names.unix_path(text) == "") is sound


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [("a.b", "a.b", True), ("a.b", "A.b", False), ("*.b", "a.b", True), ("*.foo.com", "foo.com", False),
     ("*.b", "*.a.b", True), ("*a.b", "*.b", True), ("*", "a", True)],
)  # fmt: skip
def test_hosts_overlap_by_their_ends(one: str, two: str, both: bool) -> None:
    assert names.hosts_overlap(one, two) is both
    assert names.hosts_overlap(two, one) is both


@pytest.mark.parametrize(
    ("one", "two", "within"),
    [("a.b", "*.b", True), ("*.a.b", "*.b", True), ("*.b", "*.a.b", False), ("*", "*.b", False), ("a", "a", True),
     ("*.a", "a", False)],
)  # fmt: skip
def test_a_host_lies_within_a_wider_one(one: str, two: str, within: bool) -> None:
    assert names.host_within(one, two) is within


@pytest.mark.parametrize(
    ("key", "sound"),
    [
        ("app", True),
        ("a.b/c_d", True),
        ("/a", False),
        ("a/", False),
        ("a b", False),
        ("a" * 64, False),
        ("a..b/c", False),
    ],
)
def test_a_label_key_is_a_qualified_name(key: str, sound: bool) -> None:
    assert (names.label_name(key) == "") is sound


@pytest.mark.parametrize(
    ("value", "sound"), [("", True), ("a" * 100, True), ("a_b", True), ("-a", False), ("a b", False)]
)
def test_a_label_value_has_no_limit_of_length(value: str, sound: bool) -> None:
    assert (names.label_value(value) == "") is sound


@pytest.mark.parametrize(
    ("text", "split"),
    [("a:1", ("a", "1")), ("[::1]:2", ("::1", "2")), (":3", ("", "3")), ("a", None), ("::1:2", None), ("[a]b:1", None),
     ("[[a]:1", None)],
)  # fmt: skip
def test_a_port_is_split_off(text: str, split: tuple[str, str] | None) -> None:
    assert names.host_and_port(text) == split
