package io.turnstile.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * A way to a server on this machine that can be closed: with an answer, or without one, as a
 * firewall does. Or only what its clients have sent is kept back, for as long as it is needed.
 * Thread-safe.
 */
public final class TcpGate implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 << 10;

  private enum Mode {
    PASSING,
    REFUSING,
    DROPPING
  }

  private final IntSupplier target;
  private final int port;
  private final Set<Passage> passages = ConcurrentHashMap.newKeySet();

  /** Guarded by this, as is all that follows. */
  private ServerSocket listener;

  private Thread acceptor;
  private Mode mode = Mode.PASSING;
  private boolean closed;

  /**
   * Opens it.
   *
   * @param target the server's port; asked for each connection
   */
  public TcpGate(IntSupplier target) {
    this.target = target;
    listener = listen(0);
    port = listener.getLocalPort();
    acceptor = accept(listener);
  }

  /** Where to connect to. */
  public int port() {
    return port;
  }

  private static ServerSocket listen(int port) {
    try {
      ServerSocket listener = new ServerSocket();
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return listener;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Thread accept(ServerSocket from) {
    return start(
        "gate-accept",
        () -> {
          try {
            while (true) {
              new Passage(from.accept()).open();
            }
          } catch (IOException e) {
            // It was closed.
          }
        });
  }

  private static Thread start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Ends all connections, and refuses others: nobody listens there. */
  public synchronized void refuse() {
    mode = Mode.REFUSING;
    stopListening();
    endAll();
  }

  /** The system listens for as long as a thread still waits in a call that accepts. */
  private void stopListening() {
    close(listener);
    boolean interrupted = false;
    while (acceptor.isAlive()) {
      try {
        acceptor.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets nothing through in either direction, and says so to nobody. */
  public synchronized void drop() {
    mode = Mode.DROPPING;
  }

  /** Holds what the clients of today's connections send from now on. */
  public synchronized void hold() {
    passages.forEach(passage -> passage.holding = true);
  }

  /** How many of those connections have sent something since. */
  public synchronized long held() {
    return passages.stream().filter(passage -> passage.hasHeld).count();
  }

  /** Lets everything through again, what was held included. */
  public synchronized void pass() {
    if (mode == Mode.REFUSING && !closed) {
      listener = listen(port);
      acceptor = accept(listener);
    }
    mode = Mode.PASSING;
    passages.forEach(passage -> passage.holding = false);
    notifyAll();
  }

  private void endAll() {
    passages.forEach(Passage::end);
  }

  @Override
  public synchronized void close() {
    closed = true;
    stopListening();
    endAll();
    notifyAll();
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // It is closed already.
    }
  }

  /** A connection of a client, and the one to the server that belongs to it. */
  private final class Passage {
    private final Socket client;
    private final Socket server = new Socket();

    /** Guarded by the gate. */
    private boolean holding;

    private boolean hasHeld;
    private boolean ended;

    Passage(Socket client) {
      this.client = client;
    }

    void open() {
      passages.add(this);
      start("gate-connect", this::connect);
    }

    private void connect() {
      try {
        awaitPassing(false);
        for (Socket socket : Set.of(client, server)) {
          socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.getAsInt()));
        start("gate-up", () -> pump(client, server, true));
        start("gate-down", () -> pump(server, client, false));
      } catch (IOException | InterruptedException e) {
        end();
      }
    }

    private void pump(Socket from, Socket to, boolean up) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          awaitPassing(up);
          out.write(buffer, 0, read);
        }
        awaitPassing(up);
      } catch (IOException | InterruptedException e) {
        // One of them has ended.
      } finally {
        end();
      }
    }

    /** What is not let through is not lost: TCP would send it again. */
    private void awaitPassing(boolean up) throws IOException, InterruptedException {
      synchronized (TcpGate.this) {
        while (!ended && (mode == Mode.DROPPING || (up && holding))) {
          hasHeld |= up && holding;
          TcpGate.this.wait();
        }
        if (ended || mode == Mode.REFUSING) {
          throw new IOException("ended");
        }
      }
    }

    private void end() {
      synchronized (TcpGate.this) {
        ended = true;
        TcpGate.this.notifyAll();
      }
      passages.remove(this);
      close(client);
      close(server);
    }
  }
}
