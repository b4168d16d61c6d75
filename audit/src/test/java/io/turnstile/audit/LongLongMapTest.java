package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LongLongMapTest {

  @Test
  void holdsWhatAHashMapHolds() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    LongLongMap map = new LongLongMap();
    Map<Long, Long> expected = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      // Unmixed keys, 0 included: slower, and just as right.
      long key = random.nextInt(5000);
      long value = random.nextLong() >>> 1;
      if (random.nextBoolean()) {
        map.put(key, value);
        expected.put(key, value);
      } else {
        Long present = expected.putIfAbsent(key, value);
        assertThat(map.putIfAbsent(key, value))
            .as("seed %d", seed)
            .isEqualTo(present == null ? LongLongMap.ABSENT : present);
      }
    }
    assertThat(map.size()).isEqualTo(expected.size());
    expected.forEach((key, value) -> assertThat(map.get(key)).isEqualTo(value));
    assertThat(map.get(-1)).isEqualTo(LongLongMap.ABSENT);
  }
}
