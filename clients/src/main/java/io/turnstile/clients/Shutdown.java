package io.turnstile.clients;

/** Whether this JVM is ending, as after Ctrl-C. */
public final class Shutdown {

  private Shutdown() {}

  public static boolean inProgress() {
    Thread never = new Thread(() -> {}, "never-started");
    try {
      Runtime.getRuntime().addShutdownHook(never);
      return !Runtime.getRuntime().removeShutdownHook(never);
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
