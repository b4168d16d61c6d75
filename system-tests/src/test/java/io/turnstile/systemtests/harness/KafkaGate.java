package io.turnstile.systemtests.harness;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * Proxy between Kafka's clients and the broker. It can hold single requests, or their answers, for
 * as long as a test wants: that is how a test knows, and not merely guesses, at which step of its
 * work a client is. It can also be a network that takes its time.
 *
 * <p>The broker has to advertise {@link #listener()}. A message that is held delays everything
 * behind it on the same connection, as a slow network would. A request stays deliverable after its
 * sender died.
 */
public final class KafkaGate implements AutoCloseable {

  private enum Way {
    REQUEST,
    ANSWER
  }

  private final ServerSocket server;
  private final List<Hold> holds = new CopyOnWriteArrayList<>();
  private final Queue<Closeable> open = new ConcurrentLinkedQueue<>();
  private volatile InetSocketAddress broker;
  private volatile long delayNanos;
  private volatile boolean closed;

  public KafkaGate() {
    try {
      server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The listener that the broker must be configured to advertise. */
  public String listener() {
    return "PLAINTEXT://127.0.0.1:" + server.getLocalPort();
  }

  /**
   * Begins to let connections through.
   *
   * @param address where the broker really listens, host:port
   */
  public void openTo(String address) {
    String[] parts = address.split(":", -1);
    broker = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    start("gate", this::accept);
  }

  /** Delays all messages from now on, in both directions; their order stays. */
  public void delay(Duration delay) {
    delayNanos = delay.toNanos();
  }

  /** A request, as far as the gate looks into it. */
  public record Request(ApiKeys api, String clientId) {}

  /** Holds, from now on, every request of that kind before it reaches the broker. */
  public Hold holdRequests(Predicate<Request> which) {
    return hold(Way.REQUEST, which);
  }

  /** Holds, from now on, the answers to requests of that kind: the broker has carried them out. */
  public Hold holdAnswers(Predicate<Request> which) {
    return hold(Way.ANSWER, which);
  }

  private Hold hold(Way way, Predicate<Request> which) {
    Hold hold = new Hold(way, which);
    holds.add(hold);
    return hold;
  }

  /** Requests or answers that are being held. */
  public static final class Hold {

    private final Way way;
    private final Predicate<Request> which;
    private final List<Held> held = new CopyOnWriteArrayList<>();
    private volatile boolean catching = true;
    private final CompletableFuture<Boolean> delivered = new CompletableFuture<>();

    private Hold(Way way, Predicate<Request> which) {
      this.way = way;
      this.which = which;
    }

    /** The messages that were held so far. */
    public List<Held> held() {
      return List.copyOf(held);
    }

    /** From whom something was held so far. */
    public List<String> clients() {
      return held.stream().map(each -> each.request.clientId()).distinct().sorted().toList();
    }

    /** Holds no further messages; those that are held stay held. */
    public void catchNoMore() {
      catching = false;
    }

    /** Delivers the messages that are held, and holds no further ones. */
    public void deliver() {
      catching = false;
      delivered.complete(true);
    }

    /** Loses the messages that are held: their connections break. */
    public void drop() {
      catching = false;
      delivered.complete(false);
    }

    /** Waits while the hold lasts; false if the message is to be lost. */
    private boolean pass(Way passing, Request request, CompletableFuture<Errors> answer) {
      if (way != passing || !catching || !which.test(request)) {
        return true;
      }
      held.add(new Held(request, answer));
      return delivered.join();
    }
  }

  /**
   * A request that is or was held, or the answer to it.
   *
   * @param answer the error code that the broker answered with, once it has
   */
  public record Held(Request request, CompletableFuture<Errors> answer) {}

  private void accept() {
    while (!closed) {
      try {
        Socket client = server.accept();
        open.add(client);
        start("gate-requests", () -> connect(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    try {
      Socket upstream = new Socket();
      open.add(upstream);
      upstream.connect(broker);
      client.setTcpNoDelay(true);
      upstream.setTcpNoDelay(true);
      Connection connection = new Connection(client, upstream);
      start("gate-to-broker", connection.toBroker);
      start("gate-to-client", connection.toClient);
      start("gate-answers", connection::answers);
      connection.requests();
    } catch (IOException e) {
      // The broker is away: the client sees a connection that ends at once.
      close(client);
    }
  }

  /** One direction of a connection: delivers in order, each message when its delay is over. */
  private final class Wire implements Runnable {

    /** A message and the time to deliver it; null for the end. */
    private record Due(long nanos, ByteBuffer message) {}

    private final BlockingQueue<Due> due = new LinkedBlockingQueue<>();
    private final Socket to;
    private final Runnable atEnd;

    Wire(Socket to, Runnable atEnd) {
      this.to = to;
      this.atEnd = atEnd;
    }

    void send(byte[] message) {
      due.add(new Due(System.nanoTime() + delayNanos, ByteBuffer.wrap(message)));
    }

    /** There is no more to come. */
    void end() {
      due.add(new Due(0, null));
    }

    @Override
    public void run() {
      try {
        for (Due next = due.take(); next.message() != null; next = due.take()) {
          TimeUnit.NANOSECONDS.sleep(next.nanos() - System.nanoTime());
          write(next.message().array());
        }
        atEnd.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void write(byte[] message) {
      try {
        KafkaGate.write(to, message);
      } catch (IOException e) {
        // Nobody waits for it any more.
      }
    }
  }

  private final class Connection {

    private record Sent(RequestHeader header, CompletableFuture<Errors> answer) {
      Request request() {
        return new Request(header.apiKey(), header.clientId());
      }
    }

    private final Socket client;
    private final Socket upstream;
    private final Wire toBroker;
    private final Wire toClient;
    private final Map<Integer, Sent> sent = new ConcurrentHashMap<>();

    Connection(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
      toBroker = new Wire(upstream, this::endRequests);
      toClient = new Wire(client, this::closeBoth);
    }

    void requests() {
      try {
        DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
        while (true) {
          byte[] message = read(in);
          RequestHeader header = RequestHeader.parse(ByteBuffer.wrap(message));
          Sent one = new Sent(header, new CompletableFuture<>());
          sent.put(header.correlationId(), one);
          if (!passAll(Way.REQUEST, one)) {
            break;
          }
          toBroker.send(message);
        }
        closeBoth();
      } catch (IOException e) {
        // The client is gone. Its requests are still carried out and answered.
        toBroker.end();
      }
    }

    private void closeBoth() {
      KafkaGate.close(client);
      KafkaGate.close(upstream);
      toBroker.end();
      toClient.end();
    }

    private void endRequests() {
      try {
        upstream.shutdownOutput();
      } catch (IOException e) {
        KafkaGate.close(upstream);
      }
    }

    void answers() {
      try {
        DataInputStream in =
            new DataInputStream(new BufferedInputStream(upstream.getInputStream()));
        while (true) {
          byte[] message = read(in);
          Sent one = sent.remove(ByteBuffer.wrap(message).getInt());
          if (one.header().apiKey() == ApiKeys.END_TXN) {
            one.answer().complete(error(message, one.header()));
          }
          if (!passAll(Way.ANSWER, one)) {
            break;
          }
          toClient.send(message);
        }
        closeBoth();
      } catch (IOException e) {
        // The broker has closed the connection, or is gone.
        toClient.end();
      }
    }

    private boolean passAll(Way way, Sent one) {
      for (Hold hold : holds) {
        if (!hold.pass(way, one.request(), one.answer())) {
          return false;
        }
      }
      return true;
    }
  }

  private static Errors error(byte[] message, RequestHeader header) {
    return AbstractResponse.parseResponse(ByteBuffer.wrap(message), header)
        .errorCounts()
        .keySet()
        .iterator()
        .next();
  }

  private static byte[] read(DataInputStream in) throws IOException {
    byte[] message = new byte[in.readInt()];
    in.readFully(message);
    return message;
  }

  private static void write(Socket to, byte[] message) throws IOException {
    ByteBuffer framed = ByteBuffer.allocate(Integer.BYTES + message.length);
    framed.putInt(message.length).put(message);
    OutputStream out = to.getOutputStream();
    out.write(framed.array());
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // It is closed for us.
    }
  }

  @Override
  public void close() {
    closed = true;
    holds.forEach(Hold::drop);
    close(server);
    open.forEach(KafkaGate::close);
  }
}
