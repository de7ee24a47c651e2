package dev.whippet.broker.simulation;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/** Files as a log with a bug would use them: what the simulator has to find. */
enum SeededFiles implements UnaryOperator<LoopFiles> {
  /** Nothing is ever synced: every write stays in the page cache. */
  NO_SYNC {
    @Override
    Object call(Object target, Method method, Object[] arguments) throws Throwable {
      return switch (method.getName()) {
        case "writeDurably" -> invoke(target, method("write"), arguments);
        case "sync" -> done(arguments);
        default -> invoke(target, method, arguments);
      };
    }
  },
  /** A write is answered when it is handed over. */
  ANSWER_BEFORE_COMPLETION {
    @Override
    Object call(Object target, Method method, Object[] arguments) throws Throwable {
      if (!method.getName().equals("writeDurably") && !method.getName().equals("sync")) {
        return invoke(target, method, arguments);
      }
      Object[] unheard = arguments.clone();
      FileCompletion<Void> nobody = (nothing, failure) -> {};
      unheard[unheard.length - 1] = nobody;
      invoke(target, method, unheard);
      return done(arguments);
    }
  },
  /** Names are made and never synced. */
  NO_DIRECTORY_SYNC {
    @Override
    Object call(Object target, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("syncDirectory")
          ? done(arguments)
          : invoke(target, method, arguments);
    }
  };

  abstract Object call(Object target, Method method, Object[] arguments) throws Throwable;

  @Override
  public LoopFiles apply(LoopFiles files) {
    return twin(LoopFiles.class, files);
  }

  private <T> T twin(Class<T> type, T target) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) ->
                method.getName().equals("open")
                    ? invoke(target, method, opened(arguments))
                    : call(target, method, arguments));
    return type.cast(proxy);
  }

  /** The file that is handed out has the bug, too. */
  @SuppressWarnings("unchecked") // the last argument of open
  private Object[] opened(Object[] arguments) {
    Object[] wrapped = arguments.clone();
    FileCompletion<AsyncFile> done = (FileCompletion<AsyncFile>) arguments[arguments.length - 1];
    FileCompletion<AsyncFile> wrapping =
        (file, failure) -> done.done(file == null ? null : twin(AsyncFile.class, file), failure);
    wrapped[wrapped.length - 1] = wrapping;
    return wrapped;
  }

  private static Method method(String name) {
    return Arrays.stream(AsyncFile.class.getMethods())
        .filter(one -> one.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @SuppressWarnings("unchecked") // the last argument of every operation without a value
  private static Object done(Object[] arguments) {
    ((FileCompletion<Void>) arguments[arguments.length - 1]).done(null, null);
    return null;
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
