package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange;
import dev.whippet.broker.internal.identity.Printable;
import dev.whippet.broker.internal.log.engine.LogFailure;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How handlers change the catalog: checked against {@link Catalog#latest} and proposed on loop 0,
 * answered when durable, refusals included; one line of the log says who did what.
 */
public final class Changes {

  private static final Logger LOG = LoggerFactory.getLogger(Changes.class);

  private final Catalog catalog;
  private final Hops hops;

  /** Of a change that takes several steps: what comes meanwhile waits here. */
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  private boolean held;
  private boolean releasing;

  public Changes(Catalog catalog, Hops hops) {
    this.catalog = catalog;
    this.hops = hops;
  }

  /**
   * Runs {@code body} on loop 0, from the loop of the exchange's connection; a refusal that it
   * throws waits for what it may rest on.
   */
  public void run(Exchange<?> x, Runnable body) {
    hops.onLoopZero(x, () -> checked(x, body));
  }

  /** Changes that come now wait for {@link #release}. Loop 0. */
  void hold() {
    held = true;
  }

  /** Those that wait are made, in order, up to one that holds again. Loop 0. */
  void release() {
    held = false;
    if (releasing) {
      return; // the loop below goes on
    }
    releasing = true;
    while (!held && !waiting.isEmpty()) {
      waiting.poll().run();
    }
    releasing = false;
  }

  /** As {@link #run}, from any thread: later. */
  public void resume(Exchange<?> x, Runnable body) {
    hops.onLoopZero(Hops.ELSEWHERE, x, () -> checked(x, body));
  }

  private void checked(Exchange<?> x, Runnable body) {
    if (held) {
      waiting.add(() -> Hops.guarded(x, () -> checked(x, body)));
      return;
    }
    try {
      body.run();
    } catch (Exchange.Refused refused) {
      catalog.settle(
          (nothing, failure) -> {
            if (failure != null) {
              x.refuse(failure);
            } else {
              x.refuse(refused);
            }
          });
    }
  }

  /**
   * Makes {@code change} durable and visible, then runs {@code afterwards}, which answers. {@code
   * beforeVisible} runs in between: what must be there when the first reader comes. Loop 0.
   */
  public void commit(
      Exchange<?> x, CatalogChange change, Runnable beforeVisible, Runnable afterwards) {
    commit(x, change, beforeVisible, afterwards, x::refuse);
  }

  /** The same; {@code failed} answers when the journal fails. */
  void commit(
      Exchange<?> x,
      CatalogChange change,
      Runnable beforeVisible,
      Runnable afterwards,
      Consumer<LogFailure> failed) {
    catalog.commit(
        change,
        () -> Hops.guarded(x, beforeVisible),
        (nothing, failure) -> Hops.guarded(x, () -> ended(x, change, afterwards, failed, failure)));
  }

  private static void ended(
      Exchange<?> x,
      CatalogChange change,
      Runnable afterwards,
      Consumer<LogFailure> failed,
      LogFailure failure) {
    if (failure != null) {
      failed.accept(failure);
      return;
    }
    LOG.info(
        "{} by user {} from {}", Printable.of(change), x.session.userId(), x.session.address());
    if (!x.isAnswered()) { // else what came before could not be done
      afterwards.run();
    }
  }
}
