import psycopg
import redis


def test_both_answer(valkey_url: str, pool_url: str, postgres_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as queue, redis.Redis.from_url(pool_url) as pool:
        queue.set("a", 1)
        assert pool.get("a") is None
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
