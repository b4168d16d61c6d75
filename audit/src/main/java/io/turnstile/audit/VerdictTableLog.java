package io.turnstile.audit;

import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.Outcome;
import io.turnstile.events.TopicNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * The verdicts of a journal in PostgreSQL, shown as the three topics that they would be in: a lane
 * is a partition of each, and {@code lane_seq} the offset. Offset 0 holds nothing. A row is
 * committed, or nobody sees it.
 */
final class VerdictTableLog implements CommittedLog {

  private static final String LANES = "SELECT lane FROM turnstile.lane ORDER BY lane";

  /** Rows behind the last number are somebody else's, and to be read, too. */
  private static final String END =
      """
      SELECT greatest(last_seq, (SELECT coalesce(max(lane_seq), 0) FROM turnstile.verdict v
        WHERE v.lane = l.lane)) + 1
      FROM turnstile.lane l WHERE lane = ?
      """;

  /** Rows before the first that retention has kept are not complete. */
  private static final String START =
      """
      SELECT coalesce(nullif(greatest(l.first_seq, (SELECT min(lane_seq) FROM turnstile.verdict v
        WHERE v.lane = l.lane AND v.lane_seq >= l.first_seq)), 1), 0)
      FROM turnstile.lane l WHERE lane = ?
      """;

  private static final String SINCE =
      """
      SELECT min(v.lane_seq) FROM turnstile.verdict v JOIN turnstile.lane l ON l.lane = v.lane
      WHERE v.lane = ? AND v.lane_seq >= l.first_seq
        AND coalesce(v.decided_at, v.received_at) >= to_timestamp(?::bigint::float8 / 1000)
      """;

  private final PostgresqlSource source;
  private final Map<String, Outcome> outcomes = new HashMap<>();

  VerdictTableLog(PostgresqlSource source, TopicNames topics) {
    this.source = source;
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(topics.verdict(outcome), outcome);
    }
  }

  /** Whether a topic is one of those that are shown. */
  boolean shows(String topic) {
    return outcomes.containsKey(topic);
  }

  @Override
  public List<TopicPartition> partitions(String topic) {
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(LANES);
        ResultSet row = statement.executeQuery()) {
      TreeSet<Integer> lanes = new TreeSet<>();
      while (row.next()) {
        lanes.add(row.getInt(1));
      }
      return lanes.stream().map(lane -> new TopicPartition(topic, lane)).toList();
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
    return ask(START, partitions, 0);
  }

  @Override
  public Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> partitions) {
    return ask(END, partitions, 0);
  }

  @Override
  public Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> partitions) {
    return stableEnds(partitions);
  }

  @Override
  public Map<TopicPartition, Long> offsetsSince(
      Collection<TopicPartition> partitions, long timestamp) {
    return ask(SINCE, partitions, timestamp);
  }

  /** Asks for each lane once; leaves out those for which the answer is null. */
  private Map<TopicPartition, Long> ask(
      String sql, Collection<TopicPartition> partitions, long parameter) {
    Map<TopicPartition, Long> answers = new HashMap<>();
    Map<Integer, List<TopicPartition>> byLane =
        partitions.stream().collect(Collectors.groupingBy(TopicPartition::partition));
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (Map.Entry<Integer, List<TopicPartition>> lane : byLane.entrySet()) {
        statement.setInt(1, lane.getKey());
        if (sql.equals(SINCE)) {
          statement.setLong(2, parameter);
        }
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            long answer = row.getLong(1);
            if (!row.wasNull()) {
              lane.getValue().forEach(partition -> answers.put(partition, answer));
            }
          }
        }
      }
      return answers;
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public Cursor open(Map<TopicPartition, Long> from) {
    try {
      return new VerdictTableCursor(source.getConnection(), END, outcomes, from);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public Cursor openUncommitted(Map<TopicPartition, Long> from) {
    return open(from);
  }

  static AuditException failed(SQLException e) {
    return new AuditException(
        "PostgreSQL refuses or does not answer: "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse("no message")
            + " (SQLSTATE "
            + e.getSQLState()
            + "): check --jdbc-url, and that --jdbc-user has the role turnstile_reader",
        e);
  }
}
