package io.turnstile.clients;

/** State of this JVM: ending, as after Ctrl-C, or not. */
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
