namespace Alignment.ModelCore.Configuration;

/// <summary>A job file cannot be used; <see cref="Problems"/> has one line for each fault, naming the key and the remedy.</summary>
public sealed class OptionsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
