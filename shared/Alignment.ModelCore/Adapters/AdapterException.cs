namespace Alignment.ModelCore.Adapters;

/// <summary>An adapter's files or settings do not fit the model, or ask for something that is not there; the message names it.</summary>
public sealed class AdapterException(string message) : Exception(message);
