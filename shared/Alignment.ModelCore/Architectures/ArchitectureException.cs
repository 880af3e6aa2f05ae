namespace Alignment.ModelCore.Architectures;

/// <summary>A config.json that is broken or asks for something this build does not have; the message names file, field and remedy.</summary>
public sealed class ArchitectureException : Exception
{
    public ArchitectureException(string message)
        : base(message)
    {
    }

    public ArchitectureException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
