namespace Alignment.ModelCore.Checkpointing;

/// <summary>A model folder that cannot be loaded as it is; the message says which tensors or files and what to do.</summary>
public sealed class CheckpointException : Exception
{
    public CheckpointException(string message)
        : base(message)
    {
    }

    public CheckpointException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
