package io.turnstile.testbed.process;

import java.util.concurrent.CountDownLatch;

/** Says a word and then lives until it is ended. */
final class WaitingApplication {

  private WaitingApplication() {}

  public static void main(String[] args) throws InterruptedException {
    System.out.println(System.getProperty("greeting") + " " + String.join(" ", args));
    new CountDownLatch(1).await();
  }
}
