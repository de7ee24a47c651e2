package dev.whippet.conformance.client;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.iggy.exception.IggyServerException;

/**
 * The faces of a client, blocking whatever they are behind, and which of their methods a server
 * answered. A method that the real face does not have goes to the blocking one's default.
 */
final class Recorder {
  private static final int ANSWER_TIMEOUT_SECONDS = 180;
  private static final int FEATURE_UNAVAILABLE = 5;

  private final Set<String> all = new TreeSet<>();
  private final Set<String> answered = new TreeSet<>();

  /** {@code target} is of the class {@code real}; it is called as a {@code blocking}. */
  <B> B face(Class<B> blocking, Class<?> real, Object target) {
    for (Method method : real.getMethods()) {
      all.add(name(real, method));
    }
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          Method found = find(real, method);
          return found == null
              ? InvocationHandler.invokeDefault(proxy, method, arguments)
              : call(real, found, target, arguments);
        };
    return blocking.cast(
        Proxy.newProxyInstance(blocking.getClassLoader(), new Class<?>[] {blocking}, handler));
  }

  /** Methods that no call of was answered, by class, name and parameters. */
  Set<String> missing() {
    Set<String> missing = new TreeSet<>(all);
    missing.removeAll(answered);
    return missing;
  }

  int count() {
    return all.size();
  }

  private Object call(Class<?> real, Method method, Object target, Object[] arguments)
      throws Throwable {
    try {
      Object result = awaited(method.invoke(target, arguments));
      answered.add(name(real, method));
      return result;
    } catch (InvocationTargetException | ExecutionException failed) {
      Throwable cause = failed.getCause();
      if (cause instanceof IggyServerException e && e.getRawErrorCode() != FEATURE_UNAVAILABLE) {
        answered.add(name(real, method));
      }
      throw cause;
    }
  }

  private static Object awaited(Object result) throws Exception {
    return result instanceof CompletableFuture<?> future
        ? future.get(ANSWER_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        : result;
  }

  private static Method find(Class<?> real, Method wanted) {
    try {
      return real.getMethod(wanted.getName(), wanted.getParameterTypes());
    } catch (NoSuchMethodException absent) {
      return null;
    }
  }

  private static String name(Class<?> face, Method method) {
    String parameters =
        Arrays.stream(method.getParameterTypes())
            .map(Class::getSimpleName)
            .collect(Collectors.joining(","));
    return face.getSimpleName() + "." + method.getName() + "(" + parameters + ")";
  }
}
