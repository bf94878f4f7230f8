extension Decision<StockDecider> {
  mutating func register(_ command: RegisterStock, _ caller: Caller?) {
    guard state == nil else { return refuse(command, .stockExists, caller) }
    let level = StockLevel(
      id: command.id, productid: command.productid, productname: command.productname, qty: command.qty)
    say(.stock(.stockRegistered, level), to: caller)
  }

  mutating func adjust(_ command: AdjustStock, _ caller: Caller?) {
    guard var level = level(of: command) else { return refuse(command, .notFound, caller) }
    guard command.seen.isTrue(of: level) else { return refuse(command, .stale, caller) }
    level.qty = command.qty ?? level.qty
    level.productname = command.productname ?? level.productname
    level.version += 1
    guard level.free >= 0 else { return refuse(command, .belowHeld, caller) }
    say(.stock(.stockAdjusted, level), to: caller)
  }

  mutating func withdraw(_ command: WithdrawStock, _ caller: Caller?) {
    guard let level = level(of: command) else { return refuse(command, .notFound, caller) }
    guard command.seen.isTrue(of: level) else { return refuse(command, .stale, caller) }
    guard level.held == 0 else { return refuse(command, .belowHeld, caller) }
    say(.stock(.stockWithdrawn, level), to: caller)
  }

  /// Follows the trade, which says what starts and how it ends.
  mutating func follow(_ event: Event) {
    hear(event)
    guard case .deal(let step, let deal) = event.fact else { return }
    var level = state?.level ?? .unregistered(deal.productid)
    switch step {
    case .tradeStarted where level.free >= deal.qty:
      level.held += deal.qty
      say(.hold(.stockHeld, deal, level))
    case .tradeStarted:
      say(.hold(.stockShort, deal, level))
    case .tradeCompleted where level.held >= deal.qty:
      level.held -= deal.qty
      level.qty -= deal.qty
      level.version += 1
      say(.hold(.stockDecreased, deal, level))
    case .tradeCanceled where deal.held > 0 && level.held >= deal.held:
      level.held -= deal.held
      say(.hold(.stockReleased, deal, level))
    default:
      break
    }
  }

  private func level(of command: some CommandPayload) -> StockLevel? {
    state?.level.id == command.id ? state?.level : nil
  }
}

extension Seen {
  fileprivate func isTrue(of level: StockLevel) -> Bool { isTrue(version: level.version, held: level.held) }
}
