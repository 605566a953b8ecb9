"""The alert rules of a soak: the defaults, or the same ones with shorter times for a short soak."""
CLOSE_WAIT_LEAK = 20  # instead of 200 sockets, which would take many descriptors



def leak(lasting, clear):
    return (f"{{name: CloseWaitLeak, above: {CLOSE_WAIT_LEAK}, for: {lasting}, "
            f"clear: {{below: {CLOSE_WAIT_LEAK // 2}, for: {clear}}}}}")


# Nobody listens at the ports of one group, and nobody answers at those of another one. Alerts on their
# connects are no false ones, whenever enough of them come together.
RIGHT_AT_ANY_TIME = {("ConnectsRefused", "refusing"), ("ConnectsTimingOut", "silent"),
                     ("SynRetransmissionsHigh", "silent")}
OF_A_LONG_SOAK = f"""
alerts:
  - {leak("30s", "10s")}
"""
OF_A_SHORT_SOAK = f"""
alerts:
  - {leak("3s", "2s")}
  - {{name: AcceptQueueNearlyFull, for: 3s, clear: {{for: 2s}}}}
  - {{name: ReuseportImbalance, for: 3s, clear: {{for: 2s}}}}
  - {{name: ListenerDropping, for: 3s, clear: {{for: 2s}}}}
  - {{name: SynRecvBacklogGrowth, for: 3s, clear: {{for: 2s}}}}
  - {{name: SynQueueNearlyFull, for: 3s, clear: {{for: 2s}}}}
  - {{name: SynCookiesActive, for: 3s, clear: {{for: 2s}}}}
  - {{name: ConnectsPending, for: 3s, clear: {{for: 2s}}}}
  - {{name: ConnectsRefused, for: 3s, clear: {{for: 2s}}}}
"""
