package dev.whippet.broker.internal.bench.load;

/**
 * Where an actor works.
 *
 * @param partition {@link #BALANCED} = the server chooses
 */
record Place(String stream, String topic, int partition) {

  static final int BALANCED = -1;

  @Override
  public String toString() {
    return stream + "/" + topic + (partition == BALANCED ? "" : "/" + partition);
  }
}
