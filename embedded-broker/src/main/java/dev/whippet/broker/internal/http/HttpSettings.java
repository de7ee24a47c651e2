package dev.whippet.broker.internal.http;

import java.util.List;

/**
 * How HTTP is.
 *
 * @param bodyBytesMax a longer body is answered with 413
 * @param origins pages of these may call, {@code *} for all; empty for none of other hosts
 */
public record HttpSettings(int bodyBytesMax, List<String> origins) {}
