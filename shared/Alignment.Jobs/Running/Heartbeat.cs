using Alignment.Jobs.Leases;
using Microsoft.Extensions.Logging;

namespace Alignment.Jobs.Running;

/// <summary>
/// Keeps the lease of one running attempt from its own thread (a pool saturated by compute delays timers by half a second and more),
/// writes progress at most once a second, and stops the runner when the job is to be canceled or the lease is lost.
/// </summary>
internal sealed class Heartbeat : IJobProgress, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly Lease lease;
    private readonly LeaseStore store;
    private readonly JobWorkerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopRunner;
    private readonly ManualResetEventSlim ended = new();
    private readonly Thread thread;
    private ProgressNote note;
    private ProgressNote written;
    private long lastBeat;

    public Heartbeat(Lease lease, ProgressNote start, LeaseStore store, JobWorkerOptions options, TimeProvider time, ILogger log, CancellationToken hostStopping)
    {
        (this.lease, this.store, this.options, this.time, this.log) = (lease, store, options, time, log);
        note = written = start;
        stopRunner = CancellationTokenSource.CreateLinkedTokenSource(hostStopping);
        lastBeat = time.GetTimestamp();
        thread = new Thread(Beat) { Name = $"heartbeat {lease.Id}", IsBackground = true };
        thread.Start();
    }

    /// <summary>Fires on cancel request, lost lease or host shutdown.</summary>
    public CancellationToken Stop => stopRunner.Token;

    public bool Fenced { get; private set; }

    public bool CancelRequested { get; private set; }

    public ProgressNote Note => Volatile.Read(ref note);

    public void Report(long step, long total, string? message) => Volatile.Write(ref note, new(step, total, message));

    public async Task SaveResumeAsync(string resumeRef, CancellationToken ct)
    {
        var current = Note;
        await store.SaveResumeAsync(lease, resumeRef, current, ct).ConfigureAwait(true);
        written = current;
    }

    public void Dispose()
    {
        ended.Set();
        thread.Join();
        ended.Dispose();
        stopRunner.Dispose();
    }

    private void Beat()
    {
        var tick = options.Heartbeat < Tick ? options.Heartbeat : Tick;
        while (!ended.Wait(tick) && !Fenced)
        {
            try
            {
                BeatOnce();
            }
            catch (Exception fault)
            {
                log.HeartbeatFailed(lease.Id, fault);
            }

            // Half-dead: nobody confirmed the lease for so long that a successor may soon start.
            if (!Fenced && time.GetElapsedTime(lastBeat) > options.Lease - 2 * options.Heartbeat)
            {
                LoseLease();
            }
        }
    }

    private void BeatOnce()
    {
        var current = Note;
        var due = time.GetElapsedTime(lastBeat) >= options.Heartbeat;
        var started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(options.Heartbeat);
        var answer = due || current != written
            ? store.BeatAsync(lease, current, limit.Token)
            : store.LookAsync(lease, limit.Token);
        var (held, cancel) = answer.GetAwaiter().GetResult();
        if (!held)
        {
            LoseLease();
            return;
        }

        if (due || current != written)
        {
            (written, lastBeat) = (current, started);
        }

        if (cancel && !CancelRequested)
        {
            CancelRequested = true;
            stopRunner.Cancel();
        }
    }

    private void LoseLease()
    {
        Fenced = true;
        log.LeaseLost(lease.Id, lease.Attempt);
        stopRunner.Cancel();
    }
}
