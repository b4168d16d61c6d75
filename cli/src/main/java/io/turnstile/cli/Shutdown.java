package io.turnstile.cli;

/** Whether this JVM is ending, as after Ctrl-C. */
final class Shutdown {

  private Shutdown() {}

  static boolean inProgress() {
    Thread never = new Thread(() -> {}, "never-started");
    try {
      Runtime.getRuntime().addShutdownHook(never);
      return !Runtime.getRuntime().removeShutdownHook(never);
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
