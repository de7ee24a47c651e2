package dev.whippet.broker.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** One operation on a {@link DiskImage}: carried out whole, or as far as a crash lets it come. */
abstract class DiskOperation {
  final String what;
  final Path path;

  /** False for one that only looks. */
  final boolean changes;

  DiskOperation(String what, Path path, boolean changes) {
    this.what = what;
    this.path = path;
    this.changes = changes;
  }

  abstract void apply(DiskImage image) throws IOException;

  /** By how many bytes the file grows. */
  long growth(DiskImage image) {
    return 0;
  }

  /** The power goes in the middle. */
  void tear(DiskImage image, Random random) {
    if (random.nextBoolean()) {
      applyQuietly(image);
    }
  }

  /** It fails; the disk goes on, and what is there of it is not stable. */
  void fail(DiskImage image, Random random) {
    tear(image, random);
  }

  /** The process dies in the middle; the system goes on. */
  void abandon(DiskImage image, Random random) {
    if (random.nextBoolean()) {
      applyQuietly(image);
    }
  }

  /** Nobody is told whether it failed. */
  void applyQuietly(DiskImage image) {
    try {
      apply(image);
    } catch (IOException nobodyIsTold) {
      // the process that asked is gone
    }
  }

  /** What an operation does. */
  @FunctionalInterface
  interface Change {
    void on(DiskImage image) throws IOException;
  }

  /** Only looks. */
  static DiskOperation look(String what, Path path) {
    return new DiskOperation(what, path, false) {
      @Override
      void apply(DiskImage image) {}
    };
  }

  /** One step that is done or not. */
  static DiskOperation step(String what, Path path, Change change) {
    return new DiskOperation(what, path, true) {
      @Override
      void apply(DiskImage image) throws IOException {
        change.on(image);
      }
    };
  }

  /** Space of a file. */
  static DiskOperation allocate(Path path, int file, int position, int bytes) {
    return new DiskOperation("allocate", path, true) {
      @Override
      void apply(DiskImage image) {
        image.file(file).allocate(position, bytes);
      }

      @Override
      long growth(DiskImage image) {
        return position + bytes - image.file(file).length();
      }
    };
  }

  /** Blocks of a file. */
  static DiskOperation write(Path path, int file, int position, byte[] bytes, boolean durably) {
    return new DiskOperation(durably ? "write durably" : "write", path, true) {
      @Override
      void apply(DiskImage image) {
        image.write(file, position, bytes, durably);
      }

      @Override
      long growth(DiskImage image) {
        return position + bytes.length - image.file(file).length();
      }

      @Override
      void tear(DiskImage image, Random random) {
        if (bytes.length > 0) {
          image.file(file).tear(position, bytes, random, true);
        }
      }

      @Override
      void fail(DiskImage image, Random random) {
        if (bytes.length > 0) {
          image.file(file).tear(position, bytes, random, false);
        }
      }

      @Override
      void abandon(DiskImage image, Random random) {
        int blocks = random.nextInt(bytes.length / DiskFile.BLOCK_BYTES + 1);
        byte[] first = Arrays.copyOf(bytes, blocks * DiskFile.BLOCK_BYTES);
        image.write(file, position, first, false);
      }
    };
  }
}
