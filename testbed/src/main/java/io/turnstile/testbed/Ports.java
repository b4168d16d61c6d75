package io.turnstile.testbed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports of the loopback interface, no port twice. Thread-safe.
 *
 * <p>They lie below the range that operating systems take the local ports of outgoing connections
 * from: a port out of that range may be gone when a stopped broker wants it again, even taken by a
 * client that kept trying to reach it and at last connected to itself.
 */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 1_000;

  private final Set<Integer> taken = new HashSet<>();

  public synchronized int free() {
    for (int i = 0; i < ATTEMPTS; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (isFree(port) && taken.add(port)) {
        return port;
      }
    }
    throw new TestbedException("no free port between " + FIRST + " and " + END);
  }

  /** The wanted port, or a free one if it is 0. */
  public synchronized int require(String what, int wanted) {
    if (wanted == 0) {
      return free();
    }
    if (!isFree(wanted) || !taken.add(wanted)) {
      throw new TestbedException(
          "port " + wanted + " for " + what + " is in use; choose another one or 0 for a free one");
    }
    return wanted;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** True if somebody listens there. */
  public static boolean isOpen(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
