namespace Alignment.ModelCore.Configuration;

/// <summary>
/// Marks a property that holds a section of keys: those of its class, written <c>section.key</c> or as a section of the job file. The
/// section's name is the property's name in snake_case. A section may have contradictions of its own (<see cref="IOptionSet"/>).
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionGroupAttribute : Attribute;
