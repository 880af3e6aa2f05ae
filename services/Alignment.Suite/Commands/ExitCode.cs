using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Suite.Commands;

/// <summary>How every verb ends: the table of docs/operations.md, after sysexits.h.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It ran to its end, and the answer is no: a test failed, a measured limit does not hold, the host lacks something, weights do not fit their configuration.</summary>
    public const int No = 1;

    /// <summary><c>align demo</c>: the gate kept the old checkpoint.</summary>
    public const int GateKept = 3;

    public const int Usage = 64;

    public const int BadData = 65;

    /// <summary>A port, a database, a broker or a reward source is not to be had.</summary>
    public const int Unavailable = 69;

    /// <summary>A fault of this program.</summary>
    public const int Fault = 70;

    public const int NoMemory = 71;

    public const int CannotWrite = 73;

    public const int Interrupted = 130;

    /// <summary>The code of a fault that a user can mend; null: it is this program's.</summary>
    public static int? Of(Exception fault) => fault switch
    {
        AggregateException several => Of(several.InnerExceptions[0]),
        OptionsException or ArgumentException => Usage,
        DataException or NonFiniteException or InvalidDataException or CheckpointException or SafeTensorsException or ArchitectureException or AdapterException or TokenizerException or TemplateException => BadData,
        FileNotFoundException or DirectoryNotFoundException => BadData,
        RewardException => Unavailable,
        OutOfMemoryException => NoMemory,
        IOException or UnauthorizedAccessException => CannotWrite,
        OperationCanceledException => Interrupted,
        _ => null,
    };
}
