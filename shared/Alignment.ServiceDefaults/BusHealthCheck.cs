using Alignment.Messaging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Alignment.ServiceDefaults;

/// <summary>Late messages degrade a service and never take it out: rows carry the truth and polls find them.</summary>
internal sealed class BusHealthCheck(IBusHealth bus) : IHealthCheck
{
    private const double LateSeconds = 60;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = await bus.CheckAsync(cancellationToken);
        return state.Connected && state.OldestSeconds < LateSeconds
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded($"{state.Pending} messages wait, the oldest for {state.OldestSeconds:0} s; the bus ({state.Transport}) is {(state.Connected ? "connected" : "away")}.");
    }
}
