/// Which release this is.
public enum Release {
  public static let version = "1.5.0"
}
