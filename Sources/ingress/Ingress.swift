import ArgumentParser
import NIOCore
import NIOPosix
import Runtime

@main
enum Main {
  static func main() async {
    // A call is then handled where its connection is, instead of crossing to another thread and back for each step.
    NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
    await Ingress.main()
  }
}
