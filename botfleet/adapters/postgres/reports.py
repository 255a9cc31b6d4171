"""The questions about the whole fleet, for the operator and for the gauges."""

#: Each instance, its users and bots, what is due there, and its lag over the last hour.
INSTANCES = """
WITH seats_of AS (
    SELECT pod, instance, count(*)::int AS users, sum(bots)::int AS bots,
           sum(bots_on)::int AS bots_on
    FROM seats LEFT JOIN (
        SELECT user_id, count(*) AS bots, count(*) FILTER (WHERE is_on) AS bots_on
        FROM bots GROUP BY 1) b USING (user_id)
    GROUP BY 1, 2
), due_of AS (
    SELECT pod, instance, count(*)::int AS due,
           greatest(extract(epoch FROM %(now)s - min(due_at)), 0)::float8 AS oldest_due_s
    FROM work WHERE state IN ('due', 'claimed') GROUP BY 1, 2
), lag_of AS (
    SELECT pod, instance, percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
               (extract(epoch FROM ended_real - rung_real) * 1000)::float8) AS lags
    FROM work WHERE kind = 'mark' AND state = 'done'
      AND ended_real > clock_timestamp() - interval '1 hour' GROUP BY 1, 2
)
SELECT p.pod, i.instance, coalesce(s.users, 0) AS users, p.users_max / p.instances AS users_max,
       p.is_drained,
       coalesce(s.bots, 0) AS bots, coalesce(s.bots_on, 0) AS bots_on, coalesce(d.due, 0) AS due,
       coalesce(d.oldest_due_s, 0) AS oldest_due_s, l.lags[1] AS lag_p50_ms, l.lags[2] AS lag_p99_ms
FROM pods p CROSS JOIN LATERAL generate_series(1, p.instances) AS i(instance)
LEFT JOIN seats_of s ON (s.pod, s.instance) = (p.pod, i.instance)
LEFT JOIN due_of d ON (d.pod, d.instance) = (p.pod, i.instance)
LEFT JOIN lag_of l ON (l.pod, l.instance) = (p.pod, i.instance)
ORDER BY 1, 2
"""

NUMBERS = """
SELECT u.users, u.unseated AS users_unseated,
       (SELECT coalesce(sum(users_max), 0) FROM pods WHERE NOT is_drained)::int AS seats,
       b.bots, b.bots_on,
       (SELECT count(*) FROM positions WHERE state IN ('opening', 'open', 'closing'))::int
           AS positions_open,
       o.live AS orders_live, o.unknown AS orders_unknown, o.oldest AS oldest_unknown_s,
       w.due, w.oldest AS oldest_due_s,
       (SELECT coalesce(jsonb_object_agg(what, n), '{}') FROM (
            SELECT scope || ' ' || mode AS what, count(*) AS n FROM switches GROUP BY 1) counted
       ) AS switches,
       (SELECT beat FROM fleet WHERE beat_until > clock_timestamp()) AS beat,
       coalesce((SELECT beat_fence FROM fleet), 0) AS beat_changes,
       (SELECT jsonb_build_object('committed', coalesce(sum(committed), 0),
            'pending', coalesce(sum(pending), 0),
            'free', coalesce(sum(greatest(allocation - committed - pending, 0)), 0))
        FROM pools) AS capital,
       p.recovering AS accounts_recovering, p.restored AS accounts_restored,
       (SELECT restored_at FROM fleet),
       (SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM brokers
        WHERE down_until > clock_timestamp()) AS brokers_down
FROM (SELECT count(*)::int AS users, count(*) FILTER (WHERE s.user_id IS NULL)::int AS unseated
      FROM users LEFT JOIN seats s USING (user_id)) u,
     (SELECT count(*)::int AS bots, count(*) FILTER (WHERE is_on)::int AS bots_on FROM bots) b,
     (SELECT count(*) FILTER (WHERE is_recovering AND NOT is_restored)::int AS recovering,
             count(*) FILTER (WHERE is_restored)::int AS restored FROM passes) p,
     (SELECT count(*)::int AS live, count(*) FILTER (WHERE state = 'unknown')::int AS unknown,
             greatest(coalesce(extract(epoch FROM %(now)s - min(sent_at)
                               FILTER (WHERE state = 'unknown')), 0), 0)::float8 AS oldest
      FROM orders WHERE state IN ('pending', 'sending', 'unknown', 'working', 'partial')) o,
     (SELECT count(*)::int AS due,
             greatest(coalesce(extract(epoch FROM %(now)s - min(due_at)), 0), 0)::float8 AS oldest
      FROM work WHERE state IN ('due', 'claimed')) w
"""

#: Each broker: its accounts by whether their login lives, and its orders that have not ended.
BROKERS = """
WITH lives AS (
    SELECT * FROM unnest(%(names)s::text[], %(lives)s::interval[]) AS l(broker, life)
), holding AS (
    SELECT DISTINCT b.account_id FROM positions p JOIN bots b USING (bot_id)
    WHERE p.state IN ('opening', 'open', 'closing')
), logins AS (
    SELECT a.broker, count(*) FILTER (WHERE is_alive)::int AS alive,
           count(*) FILTER (WHERE is_alive AND a.consented_real + l.life
                            < clock_timestamp() + interval '2 days')::int AS ending,
           count(*) FILTER (WHERE is_alive AND h.account_id IS NOT NULL AND
               a.consented_real + l.life < clock_timestamp() + interval '1 day')::int AS lapsing,
           count(*) FILTER (WHERE NOT is_alive AND length(a.sealed) > 0)::int AS ended,
           count(*) FILTER (WHERE NOT is_alive AND length(a.sealed) > 0
                            AND h.account_id IS NOT NULL)::int AS stranded
    FROM accounts a LEFT JOIN lives l USING (broker) LEFT JOIN holding h USING (account_id)
    GROUP BY 1
), live AS (
    SELECT a.broker, count(*)::int AS live,
           count(*) FILTER (WHERE o.state = 'unknown')::int AS unknown,
           extract(epoch FROM %(now)s - min(o.sent_at) FILTER (WHERE o.state = 'unknown')) AS oldest
    FROM orders o JOIN accounts a USING (account_id)
    WHERE o.state IN ('pending', 'sending', 'unknown', 'working', 'partial') GROUP BY 1
)
SELECT g.broker, g.alive AS logins_alive, g.ending AS logins_ending, g.ended AS logins_ended,
       g.lapsing AS logins_lapsing, g.stranded AS logins_stranded,
       coalesce(o.live, 0) AS orders_live, coalesce(o.unknown, 0) AS orders_unknown,
       greatest(coalesce(o.oldest, 0), 0)::float8 AS oldest_unknown_s
FROM logins g LEFT JOIN live o USING (broker) ORDER BY 1
"""

#: What was sent since an instant, account by account along their index.
SENT = """
SELECT a.broker, count(*)::int AS sent,
       count(*) FILTER (WHERE o.state = 'rejected')::int AS rejected,
       count(*) FILTER (WHERE o.state = 'filled')::int AS filled
FROM accounts a JOIN orders o ON o.account_id = a.account_id AND o.sent_at >= %(since)s
GROUP BY 1 ORDER BY 1
"""

#: Rows of marks that ended in each of the last so many minutes.
MARKS = """
SELECT floor(extract(epoch FROM clock_timestamp() - ended_real) / 60)::int AS ago,
       count(*)::int AS n
FROM work WHERE kind = 'mark' AND state = 'done'
  AND ended_real > clock_timestamp() - make_interval(mins => %(minutes)s) GROUP BY 1
"""

#: How late marks were that ended in the last so many seconds, 99 of a hundred (ms); null of none.
LAG = """
SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY
           (extract(epoch FROM ended_real - rung_real) * 1000)::float8) AS p99
FROM work WHERE kind = 'mark' AND state = 'done'
  AND ended_real > clock_timestamp() - make_interval(secs => %(within)s)
"""
