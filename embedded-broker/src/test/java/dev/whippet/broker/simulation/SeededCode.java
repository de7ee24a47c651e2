package dev.whippet.broker.simulation;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;

import dev.whippet.broker.internal.log.format.LooseBatch;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.pool.TypePool;

/**
 * Bugs inside the log: one class of the broker is changed, and all of them, with the simulator, are
 * loaded once more by a class loader of their own.
 */
enum SeededCode {
  /** What a failed commit had marked as known stays known. */
  MARKS_WITHOUT_ROLLBACK("internal.log.ProducerTable") {
    @Override
    DynamicType.Builder<?> in(DynamicType.Builder<?> type) {
      return type.method(named("rollBack")).intercept(StubMethod.INSTANCE);
    }
  },
  /** A commit file is written again before its batches are durable in their segments. */
  SPACE_FREED_BEFORE_THE_FOLD("internal.log.engine.CommitSpace") {
    @Override
    DynamicType.Builder<?> in(DynamicType.Builder<?> type) {
      return type.method(namedOneOf("hold", "giveBack")).intercept(StubMethod.INSTANCE);
    }
  },
  /** What a commit file holds is taken for this partition's, whosever it is. */
  NO_INCARNATION_CHECK("internal.log.commit.CommitRecovery") {
    @Override
    DynamicType.Builder<?> in(DynamicType.Builder<?> type) {
      return type.visit(Advice.to(AnyIncarnation.class).on(named("of")));
    }
  },
  /** An offset may be stored up to what is appended and not yet durable. */
  OFFSETS_BEYOND_THE_DURABLE_END("internal.log.PartitionLog") {
    @Override
    DynamicType.Builder<?> in(DynamicType.Builder<?> type) {
      return type.visit(Advice.to(AppendedEnd.class).on(named("endOffset")));
    }
  },
  /** At the level {@code INTERVAL} nothing is ever synced. */
  NO_LATE_SYNC("internal.log.engine.LateSync") {
    @Override
    DynamicType.Builder<?> in(DynamicType.Builder<?> type) {
      return type.method(named("syncAll")).intercept(StubMethod.INSTANCE);
    }
  };

  private static final String BROKER = "dev.whippet.broker.";

  private final String changed;

  SeededCode(String type) {
    this.changed = BROKER + type;
  }

  abstract DynamicType.Builder<?> in(DynamicType.Builder<?> type);

  /** Built into the end of a method that is asked for the batches of one partition. */
  static final class AnyIncarnation {
    private AnyIncarnation() {}

    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("batches") Map<Long, List<Object>> batches,
        @Advice.Return(readOnly = false) List<Object> found) {
      if (!batches.isEmpty()) {
        found = batches.values().iterator().next();
        for (Object one : found) {
          ((LooseBatch) one).records().retain();
        }
      }
    }
  }

  /** Built into the end of the method that says where a log ends: for who stores offsets only. */
  static final class AppendedEnd {
    private AppendedEnd() {}

    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("appendedEnd") long appended,
        @Advice.Return(readOnly = false) long end) {
      if (new Throwable().getStackTrace()[1].getClassName().endsWith("OffsetCommands")) {
        end = appended;
      }
    }
  }

  /** Runs the simulator on the changed broker; what it complains about, or null. */
  String find(int seeds, int times) {
    String how =
        switch (this) {
          case MARKS_WITHOUT_ROLLBACK -> "fill";
          case NO_LATE_SYNC -> "cutLate";
          default -> "cut";
        };
    try {
      return (String)
          new Loader(changed, bytes())
              .loadClass(SeededRun.class.getName())
              .getMethod(how, int.class, int.class)
              .invoke(null, seeds, times);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] bytes() {
    ClassFileLocator files = ClassFileLocator.ForClassLoader.of(SeededCode.class.getClassLoader());
    TypeDescription type = TypePool.Default.of(files).describe(changed).resolve();
    return in(new ByteBuddy().redefine(type, files)).make().getBytes();
  }

  /** Loads the broker's classes itself, the changed one among them. */
  private static final class Loader extends ClassLoader {
    private final String changed;
    private final byte[] bytes;

    Loader(String changed, byte[] bytes) {
      super(SeededCode.class.getClassLoader());
      this.changed = changed;
      this.bytes = bytes;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known != null || !name.startsWith(BROKER)) {
          return known != null ? known : super.loadClass(name, resolve);
        }
        byte[] content = name.equals(changed) ? bytes : original(name);
        return defineClass(name, content, 0, content.length);
      }
    }

    private byte[] original(String name) throws ClassNotFoundException {
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
