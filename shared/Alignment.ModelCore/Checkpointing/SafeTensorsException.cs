namespace Alignment.ModelCore.Checkpointing;

/// <summary>A safetensors file that breaks the format; the message names the file and the rule.</summary>
public sealed class SafeTensorsException(string message) : Exception(message);
