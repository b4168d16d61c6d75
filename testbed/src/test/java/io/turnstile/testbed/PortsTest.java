package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PortsTest {
  private final Ports ports = new Ports();

  @Test
  void noPortIsGivenTwice() {
    assertThat(Stream.generate(ports::free).limit(200)).doesNotHaveDuplicates();
  }

  @Test
  void wantedPortThatIsTakenIsRefused() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> ports.require("Kafka", taken.getLocalPort()))
          .isInstanceOf(TestbedException.class)
          .hasMessageStartingWith("port " + taken.getLocalPort() + " for Kafka is in use");
    }
  }

  @Test
  void wantedPortIsUsed() {
    int port = new Ports().free();
    assertThat(ports.require("Kafka", port)).isEqualTo(port);
  }
}
