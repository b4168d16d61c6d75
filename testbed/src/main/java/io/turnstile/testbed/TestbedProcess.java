package io.turnstile.testbed;

/**
 * One process of a {@link Testbed}, to inflict a fault on.
 *
 * @param role its kind
 * @param number from 1; TaskManagers, and applications, are numbered in the order they were
 *     started, and a number is never used again
 */
public record TestbedProcess(Role role, int number) {

  /** The kind of a process. */
  public enum Role {
    BROKER,
    ZOOKEEPER,
    JOB_MANAGER,
    TASK_MANAGER,
    /** A program of the testbed's user. */
    APPLICATION
  }

  public static final TestbedProcess BROKER = new TestbedProcess(Role.BROKER, 1);
  public static final TestbedProcess JOB_MANAGER = new TestbedProcess(Role.JOB_MANAGER, 1);

  /** Keeps the JobManager's leadership where it is highly available; not every testbed has it. */
  public static final TestbedProcess ZOOKEEPER = new TestbedProcess(Role.ZOOKEEPER, 1);

  public static TestbedProcess broker(int number) {
    return new TestbedProcess(Role.BROKER, number);
  }

  public static TestbedProcess taskManager(int number) {
    return new TestbedProcess(Role.TASK_MANAGER, number);
  }

  public static TestbedProcess application(int number) {
    return new TestbedProcess(Role.APPLICATION, number);
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
