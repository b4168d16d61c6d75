package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTxnTimeoutException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Explains what a failure of Kafka means to the journal. */
final class KafkaFailures {

  /** Ends a message about a record that should not be there. */
  static final String FOREIGN =
      ": another program writes to the verdict topics; stop it. Or another owner has taken over, or"
          + " a broker that started again has marked a commit twice";

  /** Ends a message about a commit marker that should be there. */
  static final String UNMARKED =
      ": the broker has not carried out a commit that it acknowledged (KAFKA-20734)";

  /** A failure that no retry removes, and what removes it. */
  private record Cure(Class<? extends Throwable> failure, String whatToDo) {}

  private static final List<Cure> CURES =
      List.of(
          new Cure(
              AuthorizationException.class,
              "allow the job's principal Write and Describe on its transactional ids, and Read,"
                  + " Write, Describe and DescribeConfigs on the verdict topics"),
          new Cure(
              UnsupportedVersionException.class, "upgrade the brokers, or use --commit checkpoint"),
          new Cure(
              InvalidTxnTimeoutException.class,
              "raise transaction.max.timeout.ms of the brokers, or lower --transaction-timeout"),
          new Cure(
              UnknownTopicOrPartitionException.class,
              "create the verdict topics, or check their names"),
          new Cure(
              RecordTooLargeException.class,
              "raise max.message.bytes of the verdict topic and max.request.size in"
                  + " --client-properties"));

  private KafkaFailures() {}

  /**
   * Makes the exception to throw.
   *
   * @param what was tried
   */
  static JournalException explain(String what, Throwable failure) {
    for (Cure cure : CURES) {
      Throwable cause = find(cure.failure(), failure);
      if (cause != null) {
        return new JournalException.Refused(
            what + " failed: " + oneLine(cause) + "; " + cure.whatToDo(), failure);
      }
    }
    return new JournalException(
        what + " failed: " + oneLine(failure) + "; the job goes back to its last checkpoint",
        failure);
  }

  static Throwable find(Class<? extends Throwable> type, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return cause;
      }
    }
    return null;
  }

  static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    return failure.getClass().getSimpleName()
        + (message == null ? "" : " (" + message.lines().findFirst().orElse("") + ")");
  }

  /** The exception to throw where Kafka has thrown its own, and set the thread's flag. */
  static InterruptedException interrupted() {
    boolean unused = Thread.interrupted();
    return new InterruptedException();
  }
}
