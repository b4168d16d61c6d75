package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.FlinkRest;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a testbed adds to Flink's answers, on two TaskManagers with two slots each. */
class BusyTaskManagersTest {

  private static final TestbedProcess FIRST = TestbedProcess.taskManager(1);
  private static final TestbedProcess SECOND = TestbedProcess.taskManager(2);

  /** The last one stays. */
  private final Deque<String> answers = new ArrayDeque<>();

  private HttpServer server;
  private Testbed testbed;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/taskmanagers",
        exchange -> {
          String answer = answers.size() > 1 ? answers.remove() : answers.element();
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    FlinkRest flink =
        new FlinkRest(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
    testbed =
        (Testbed)
            Proxy.newProxyInstance(
                Testbed.class.getClassLoader(),
                new Class<?>[] {Testbed.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "flink" -> flink;
                      case "taskManagers" -> List.of(FIRST, SECOND);
                      case "pid" -> {
                        if (!arguments[0].equals(FIRST)) {
                          throw new TestbedException("it has ended");
                        }
                        yield 42L;
                      }
                      default -> InvocationHandler.invokeDefault(proxy, method, arguments);
                    });
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void spareOnesAreLeftOut() {
    answers.add(free(2, 1));

    assertThat(testbed.busyTaskManagers()).containsExactly(SECOND);
  }

  @Test
  void jobThatRestartsIsWaitedFor() {
    answers.add(free(2, 2));
    answers.add(free(2, 2));
    answers.add(free(0, 2));

    assertThat(testbed.busyTaskManagers()).containsExactly(FIRST);
  }

  @Test
  void allAreNamedIfNoneBecomesBusy() {
    answers.add(free(2, 2));

    assertThat(testbed.busyTaskManagers()).containsExactly(FIRST, SECOND);
  }

  @Test
  void processThatHasEndedHasNoId() {
    assertThat(testbed.pids(List.of(SECOND, FIRST))).isEqualTo(Map.of("taskmanager-1", 42L));
  }

  private static String free(int first, int second) {
    return """
        {"taskmanagers":[{"id":"taskmanager-1","slotsNumber":2,"freeSlots":%d},
        {"id":"taskmanager-2","slotsNumber":2,"freeSlots":%d}]}"""
        .formatted(first, second);
  }
}
