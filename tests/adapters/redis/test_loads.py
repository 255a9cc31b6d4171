"""What instances tell of their weight: read by name, and gone soon after they are."""

from botfleet.adapters.redis.loads import LIFE_S, RedisLoads
from botfleet.adapters.redis.pools import connect
from botfleet.adapters.system.loads import own_load


def test_what_an_instance_told_is_read_elsewhere_and_does_not_outlive_it(pool_url: str) -> None:
    client = connect(pool_url)
    told, here = RedisLoads(client), own_load("pod.7.1")
    assert here is not None
    assert here.memory_bytes > 2**20
    told.tell(here)
    assert RedisLoads(connect(pool_url)).read(["pod.7.1", "pod.7.2"]) == {"pod.7.1": here}
    assert 0 < client.ttl("bf:load:pod.7.1") <= LIFE_S


def test_nothing_is_known_while_redis_is_silent() -> None:
    nobody = RedisLoads(connect("redis://127.0.0.1:1/0"))
    load = own_load("pod.7.1")
    assert load is not None
    nobody.tell(load)
    assert nobody.read(["pod.7.1"]) == {}
    assert nobody.read([]) == {}
