"""The oldest Kubernetes of each Istio."""

from getmesh.model.kubernetes import oldest_supported


def test_each_minor_has_the_bound_of_its_support_table() -> None:
    assert oldest_supported(31) == 32
    assert oldest_supported(27) == 29


def test_minors_beyond_the_table_take_the_nearest_bound() -> None:
    assert oldest_supported(999) >= oldest_supported(31)
    assert oldest_supported(0) == oldest_supported(7)
