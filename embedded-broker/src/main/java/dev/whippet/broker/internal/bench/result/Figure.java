package dev.whippet.broker.internal.bench.result;

/** One named number of a preset, such as the bytes that an idle client costs. */
public record Figure(String name, double value, String unit) {}
