package io.turnstile.testbed;

/**
 * One process of a {@link Testbed}, to inflict a fault on.
 *
 * @param role what it is
 * @param number from 1; TaskManagers, and applications, are numbered in the order they were
 *     started, and a number is never used again
 */
public record Target(Role role, int number) {

  /** What a process is. */
  public enum Role {
    BROKER,
    ZOOKEEPER,
    JOB_MANAGER,
    TASK_MANAGER,
    /** A program of the testbed's user. */
    APPLICATION
  }

  public static final Target BROKER = new Target(Role.BROKER, 1);
  public static final Target JOB_MANAGER = new Target(Role.JOB_MANAGER, 1);

  /** Where the JobManager's high availability keeps who leads; not every testbed has it. */
  public static final Target ZOOKEEPER = new Target(Role.ZOOKEEPER, 1);

  public static Target broker(int number) {
    return new Target(Role.BROKER, number);
  }

  public static Target taskManager(int number) {
    return new Target(Role.TASK_MANAGER, number);
  }

  static Target application(int number) {
    return new Target(Role.APPLICATION, number);
  }

  /** The name of the process, also of its log file: {@code broker}, {@code taskmanager-2}. */
  @Override
  public String toString() {
    return switch (role) {
      case BROKER -> number == 1 ? "broker" : "broker-" + number;
      case ZOOKEEPER -> "zookeeper";
      case JOB_MANAGER -> "jobmanager";
      case TASK_MANAGER -> "taskmanager-" + number;
      case APPLICATION -> "application-" + number;
    };
  }
}
