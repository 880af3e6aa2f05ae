using System.Runtime.InteropServices;

namespace Alignment.Suite.Commands;

/// <summary>
/// Ctrl-C and SIGTERM for work that computes on the calling thread: the first asks it to save and leave, the second ends the process. The
/// command line's own handler is there only once an action waits for something, which such work never does.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly List<PosixSignalRegistration> registrations;
    private readonly string says;

    private StopSignals(string says, CancellationToken outer)
    {
        (this.says, source) = (says, CancellationTokenSource.CreateLinkedTokenSource(outer));
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <param name="says">What will happen now, on standard error.</param>
    /// <param name="outer">Cancels too.</param>
    public static StopSignals Heed(string says, CancellationToken outer) => new(says, outer);

    public void Dispose()
    {
        registrations.ForEach(r => r.Dispose());
        source.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        if (source.IsCancellationRequested)
        {
            return;
        }

        signal.Cancel = true;
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended in this moment.
            return;
        }

        Console.Error.WriteLine($"{says} Once more ends it at once.");
    }
}
