package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gate before a server that answers each byte with the next one. */
class TcpGateTest {

  private ServerSocket server;
  private TcpGate gate;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve);
    thread.setDaemon(true);
    thread.start();
    gate = new TcpGate(server::getLocalPort);
  }

  @AfterEach
  void close() throws IOException {
    gate.close();
    server.close();
  }

  private void serve() {
    try {
      while (true) {
        Socket client = server.accept();
        Thread thread = new Thread(() -> answer(client));
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private static void answer(Socket client) {
    try (client) {
      for (int read = client.getInputStream().read();
          read >= 0;
          read = client.getInputStream().read()) {
        client.getOutputStream().write(read + 1);
      }
    } catch (IOException e) {
      // It was cut.
    }
  }

  private Socket connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), gate.port());
    client.setSoTimeout(10_000);
    return client;
  }

  private static int ask(Socket client, int question) throws IOException {
    client.getOutputStream().write(question);
    return client.getInputStream().read();
  }

  @Test
  void closedGateRefusesAndOpensAgain() throws Exception {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(2);
      gate.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      assertThat(client.getInputStream().read()).isNegative();
    }
    gate.pass();
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(2);
    }
  }

  @Test
  void droppingGateSaysNothingAndLosesNothing() throws Exception {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(2);
      gate.drop();
      client.setSoTimeout(100);
      assertThatThrownBy(() -> ask(client, 7)).isInstanceOf(SocketTimeoutException.class);
      client.setSoTimeout(10_000);
      gate.pass();
      assertThat(client.getInputStream().read()).isEqualTo(8);
    }
  }

  @Test
  void questionIsHeldWhileOthersPass() throws Exception {
    try (Socket held = connect()) {
      assertThat(ask(held, 1)).isEqualTo(2);
      gate.hold();
      held.getOutputStream().write(7);
      await().until(() -> gate.held() == 1);
      try (Socket other = connect()) {
        assertThat(ask(other, 3)).isEqualTo(4);
      }
      gate.pass();
      assertThat(held.getInputStream().read()).isEqualTo(8);
    }
  }
}
