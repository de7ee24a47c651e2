package dev.whippet.broker.internal.bench.compare;

import dev.whippet.broker.internal.bench.client.Target;

/**
 * One of the servers that are compared.
 *
 * @param command line that starts it, {@code {data}} in it stands for an empty directory; null = it
 *     runs already and is left alone
 */
public record Contender(String name, Target target, String command) {}
