package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProcessRegistryTest {

  private final ProcessRegistry<String> registry = new ProcessRegistry<>("alive"::equals);

  @Test
  void taskManagersAreTheLivingOnesByNumber() {
    registry.put(TestbedProcess.BROKER, "alive");
    for (int i = 1; i <= 12; i++) {
      registry.put(registry.newTaskManager(), i == 2 ? "dead" : "alive");
    }
    assertThat(registry.taskManagers())
        .extracting(TestbedProcess::number)
        .containsExactly(1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    assertThat(registry.get(TestbedProcess.taskManager(2))).isEqualTo("dead");
    assertThat(registry.all()).hasSize(13);
  }

  @Test
  void unknownProcessIsNamed() {
    assertThatThrownBy(() -> registry.get(TestbedProcess.ZOOKEEPER))
        .isInstanceOf(TestbedException.class)
        .hasMessage("this testbed has no zookeeper");
  }
}
