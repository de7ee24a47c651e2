package dev.whippet.conformance.client;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.apache.iggy.client.blocking.IggyBaseClient;

/** A client whose parts are all recorded: found by the accessors that all clients have. */
final class Faces {
  private Faces() {}

  /** {@code type} has every accessor of {@link IggyBaseClient}; what it returns may differ. */
  static IggyBaseClient of(Class<?> type, Object client, Recorder recorder) {
    Map<String, Object> parts = new HashMap<>();
    for (Method accessor : IggyBaseClient.class.getMethods()) {
      try {
        Method real = type.getMethod(accessor.getName());
        parts.put(
            accessor.getName(),
            recorder.face(accessor.getReturnType(), real.getReturnType(), real.invoke(client)));
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(type + " lacks " + accessor, e);
      }
    }
    return (IggyBaseClient)
        Proxy.newProxyInstance(
            IggyBaseClient.class.getClassLoader(),
            new Class<?>[] {IggyBaseClient.class},
            (proxy, method, arguments) -> parts.get(method.getName()));
  }
}
