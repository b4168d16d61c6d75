package io.turnstile.job;

/** Entry point of the Flink job. */
public final class TurnstileJob {

  private TurnstileJob() {}

  public static void main(String[] args) {
    System.err.println("not wired yet");
  }
}
