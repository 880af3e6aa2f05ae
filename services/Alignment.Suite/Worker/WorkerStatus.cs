namespace Alignment.Suite.Worker;

/// <summary>What the supervisor knows of its worker; shown by readiness, the overview page and <c>GET /worker</c>.</summary>
internal sealed class WorkerStatus
{
    private readonly Lock gate = new();
    private WorkerState state = new("starting", null, 0, null, null);

    public WorkerState Current
    {
        get
        {
            lock (gate)
            {
                return state;
            }
        }
    }

    public void Started(int processId, DateTimeOffset at) => Set(s => s with { State = "running", ProcessId = processId, Since = at });

    public void Ended(string reason) => Set(s => s with { State = "restarting", ProcessId = null, Restarts = s.Restarts + 1, LastEnd = reason });

    public void Stopped() => Set(s => s with { State = "stopped", ProcessId = null });

    private void Set(Func<WorkerState, WorkerState> change)
    {
        lock (gate)
        {
            state = change(state);
        }
    }
}

/// <param name="State"><c>starting</c>, <c>running</c>, <c>restarting</c> or <c>stopped</c>.</param>
/// <param name="ProcessId">The worker's process while it runs.</param>
/// <param name="Restarts">Times it ended without being asked to.</param>
/// <param name="LastEnd">Why it last ended: exit code or signal.</param>
/// <param name="Since">When the present process started.</param>
internal sealed record WorkerState(string State, int? ProcessId, int Restarts, string? LastEnd, DateTimeOffset? Since);
