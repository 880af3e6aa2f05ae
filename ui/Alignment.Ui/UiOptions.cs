using System.ComponentModel.DataAnnotations;

namespace Alignment.Ui;

/// <summary>Where the services are; section <c>Ui</c>, environment <c>Ui__Backend</c> and so on.</summary>
public sealed class UiOptions : IValidatableObject
{
    public const string SectionName = "Ui";

    /// <summary>Base address of all services (an edge, or the Suite). Default: the address this process listens on.</summary>
    public string? Backend { get; set; }

    /// <summary>Overrides for services that stand elsewhere.</summary>
    public string? Feedback { get; set; }

    public string? Cycles { get; set; }

    public string? Checkpoints { get; set; }

    public string? Datasets { get; set; }

    public string? Inference { get; set; }

    /// <summary>Sent to the services as <c>Authorization: Bearer</c>; never reaches the browser.</summary>
    public string? ApiKey { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, value) in new[] { (nameof(Backend), Backend), (nameof(Feedback), Feedback), (nameof(Cycles), Cycles), (nameof(Checkpoints), Checkpoints), (nameof(Datasets), Datasets), (nameof(Inference), Inference) })
        {
            if (value is not null && !(Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                yield return new($"{SectionName}:{name} is '{value}'; give an address such as http://localhost:5080.", [name]);
            }
        }
    }
}
