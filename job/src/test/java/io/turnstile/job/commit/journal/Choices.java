package io.turnstile.job.commit.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Decides what happens next in a model: everything in turn, or something at random. */
abstract class Choices {

  /** A number from 0 to {@code options} - 1. */
  abstract int pick(int options);

  /** Returns whether what follows may be left out, as it was followed from this state before. */
  abstract boolean knows(long state);

  /** The choices so far, to repeat them with. */
  abstract List<Integer> taken();

  /** Takes the choices given, then the first of everything. */
  static Choices repeating(List<Integer> given) {
    return new Choices() {
      private final List<Integer> taken = new ArrayList<>();

      @Override
      int pick(int options) {
        int choice = taken.size() < given.size() ? given.get(taken.size()) : 0;
        taken.add(choice);
        return choice;
      }

      @Override
      boolean knows(long state) {
        return false;
      }

      @Override
      List<Integer> taken() {
        return taken;
      }
    };
  }

  static Choices random(long seed) {
    Random random = new Random(seed);
    return new Choices() {
      private final List<Integer> taken = new ArrayList<>();

      @Override
      int pick(int options) {
        int choice = random.nextInt(options);
        taken.add(choice);
        return choice;
      }

      @Override
      boolean knows(long state) {
        return false;
      }

      @Override
      List<Integer> taken() {
        return taken;
      }
    };
  }

  /**
   * All choices, depth first. Each run starts from the beginning and repeats the way to the first
   * choice that is new: what is explored need not be copied.
   */
  static final class All extends Choices {
    private final LongSet known = new LongSet();
    private int[] path = new int[64];
    private int[] options = new int[64];
    private int length;
    private int next;

    /** To be called before each run; false when there is none left. */
    boolean nextRun() {
      if (next == 0 && length == 0) {
        return true;
      }
      while (length > 0 && path[length - 1] + 1 == options[length - 1]) {
        length--;
      }
      if (length == 0) {
        return false;
      }
      path[length - 1]++;
      next = 0;
      return true;
    }

    @Override
    int pick(int count) {
      if (next == length) {
        if (length == path.length) {
          path = Arrays.copyOf(path, 2 * length);
          options = Arrays.copyOf(options, 2 * length);
        }
        path[length] = 0;
        options[length] = count;
        length++;
      }
      if (options[next] != count) {
        throw new IllegalStateException("the model is not deterministic");
      }
      return path[next++];
    }

    @Override
    boolean knows(long state) {
      // On the way to a new choice everything is known.
      return next == length && !known.add(state);
    }

    boolean isNew() {
      return next == length;
    }

    long states() {
      return known.size();
    }

    @Override
    List<Integer> taken() {
      return Arrays.stream(path, 0, next).boxed().toList();
    }
  }

  /** Hashes of states, open addressing. */
  private static final class LongSet {
    private long[] table = new long[1 << 16];
    private int size;

    boolean add(long value) {
      long nonZero = value == 0 ? 1 : value;
      if (2 * size >= table.length) {
        long[] before = table;
        table = new long[2 * before.length];
        for (long old : before) {
          if (old != 0) {
            table[slot(old)] = old;
          }
        }
      }
      int slot = slot(nonZero);
      if (table[slot] == nonZero) {
        return false;
      }
      table[slot] = nonZero;
      size++;
      return true;
    }

    private int slot(long value) {
      int slot = Long.hashCode(value * 0x9E3779B97F4A7C15L) & (table.length - 1);
      while (table[slot] != 0 && table[slot] != value) {
        slot = (slot + 1) & (table.length - 1);
      }
      return slot;
    }

    long size() {
      return size;
    }
  }
}
