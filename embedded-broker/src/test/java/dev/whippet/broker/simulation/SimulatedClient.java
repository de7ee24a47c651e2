package dev.whippet.broker.simulation;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import java.util.function.Consumer;

/**
 * One connection: answers are counted, each request is answered at most once; sends may be under
 * way together, everything else alone, as the broker's connections have it.
 */
public final class SimulatedClient {
  private final SimulatedBroker broker;
  private final ClientSession session;
  private final int loop;
  private int underWay;

  /** A connection of root on a loop. */
  public SimulatedClient(SimulatedBroker broker, int loop) {
    this.broker = broker;
    this.loop = loop;
    this.session = broker.connect(loop);
  }

  /** Requests that are not answered. */
  public int underWay() {
    return underWay;
  }

  /** Sends; the answer comes in a later turn of the broker. */
  public void send(Request request, Consumer<Reply> answer) {
    underWay++;
    boolean[] answered = new boolean[1];
    broker.send(
        session,
        loop,
        request,
        reply -> {
          if (answered[0]) {
            throw new AssertionError("answered twice: " + request);
          }
          answered[0] = true;
          underWay--;
          answer.accept(reply);
        });
  }

  /** Sends and runs the broker until it is answered. */
  public Reply ask(Request request) {
    Reply[] answer = new Reply[1];
    send(request, reply -> answer[0] = reply);
    broker.runAll();
    if (answer[0] == null) {
      throw new AssertionError("no answer to " + request);
    }
    return answer[0];
  }
}
