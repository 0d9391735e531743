//! Random trees for property tests: those that the parser can make, so that printing one and reading it
//! gives the same tree.

use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::syntax::*;
use super::{DecimalBits, DoubleBits, FloatBits, Value};
use crate::diagnostics::{SourceId, Span};

/// The place of everything in random trees.
fn nowhere() -> Span {
    Span::new(SourceId(0), 0, 0)
}

fn node(kind: ExprKind) -> Expr {
    Expr { kind, span: nowhere() }
}

fn statement_of(kind: StmtKind) -> Stmt {
    Stmt { kind, span: nowhere() }
}

/// Names, some of which are keywords.
pub(in crate::policy) fn name() -> impl Strategy<Value = Name> {
    let text = prop::sample::select(vec![
        "a", "b", "item", "context", "Foo", "Value", "class", "when", "var", "nameof", "from", "naïve", "_x",
        "int", "not", "or",
    ]);
    text.prop_map(|text| Name { text: text.to_owned(), span: nowhere() })
}

fn type_of(kind: TypeKind) -> TypeSyntax {
    TypeSyntax { kind, span: nowhere() }
}

fn keyword_type() -> impl Strategy<Value = TypeSyntax> {
    prop::sample::select(vec!["int", "string", "bool", "object", "double"]).prop_map(|text| {
        let name = Name { text: text.to_owned(), span: nowhere() };
        type_of(TypeKind::Named(vec![TypePart { name, arguments: Vec::new() }]))
    })
}

/// A name that is a type and no keyword.
fn type_name() -> impl Strategy<Value = Name> {
    prop::sample::select(vec!["JObject", "List", "System", "Guid", "class"])
        .prop_map(|text| Name { text: text.to_owned(), span: nowhere() })
}

fn plain_type() -> impl Strategy<Value = TypeSyntax> {
    prop::collection::vec(type_name(), 1..3).prop_map(|names| {
        let parts = names.into_iter().map(|name| TypePart { name, arguments: Vec::new() });
        type_of(TypeKind::Named(parts.collect()))
    })
}

fn generic_of(inner: impl Strategy<Value = TypeSyntax>) -> impl Strategy<Value = TypeSyntax> {
    (prop::collection::vec(type_name(), 0..2), type_name(), prop::collection::vec(inner, 1..3)).prop_map(
        |(before, name, arguments)| {
            let mut parts: Vec<TypePart> =
                before.into_iter().map(|name| TypePart { name, arguments: Vec::new() }).collect();
            parts.push(TypePart { name, arguments });
            type_of(TypeKind::Named(parts))
        },
    )
}

/// Any type but `var`.
pub(in crate::policy) fn any_type() -> BoxedStrategy<TypeSyntax> {
    let leaf = prop_oneof![keyword_type(), plain_type()];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let part = (inner.clone(), option::of(name()));
        prop_oneof![
            inner.clone().prop_map(|ty| match ty.kind {
                TypeKind::Nullable(_) => ty,
                _ => type_of(TypeKind::Nullable(Box::new(ty))),
            }),
            (inner.clone(), 1..4_u32).prop_map(|(ty, rank)| type_of(TypeKind::Array(Box::new(ty), rank))),
            generic_of(inner),
            prop::collection::vec(part, 2..4).prop_map(|parts| type_of(TypeKind::Tuple(parts))),
        ]
    })
    .boxed()
}

/// A type behind `new`.
fn created_type() -> BoxedStrategy<TypeSyntax> {
    prop_oneof![keyword_type(), plain_type(), generic_of(any_type())].boxed()
}

/// A type that no value looks like, and that no name behind it changes.
fn tested_type() -> BoxedStrategy<TypeSyntax> {
    let array = any_type().prop_map(|ty| type_of(TypeKind::Array(Box::new(ty), 1)));
    prop_oneof![keyword_type(), generic_of(any_type()), array].boxed()
}

fn declared_type() -> BoxedStrategy<TypeSyntax> {
    prop_oneof![Just(type_of(TypeKind::Var)), any_type()].boxed()
}

fn literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u16>().prop_map(Value::Char),
        prop_oneof![0..=i32::MAX, Just(i32::MIN)].prop_map(Value::Int),
        any::<u32>().prop_map(Value::UInt),
        prop_oneof![0..=i64::MAX, Just(i64::MIN)].prop_map(Value::Long),
        any::<u64>().prop_map(Value::ULong),
        (0.0..f32::MAX).prop_map(|number| Value::Float(FloatBits::new(number))),
        prop_oneof![0.0..f64::MAX, 0.0..1.0_f64].prop_map(|number| Value::Double(DoubleBits::new(number))),
        (0..=i64::MAX, 0..28_u32)
            .prop_map(|(number, scale)| Value::Decimal(DecimalBits::new(Decimal::new(number, scale)))),
        "(\\PC|[\"'\\\\{}\n\t/*@$]){0,8}".prop_map(|text| Value::Str(text.into())),
    ]
}

fn boxed(value: Expr) -> Box<Expr> {
    Box::new(value)
}

fn unary_op() -> impl Strategy<Value = UnaryOp> {
    prop::sample::select(vec![UnaryOp::Not, UnaryOp::Minus, UnaryOp::Plus, UnaryOp::Complement])
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    prop::sample::select(vec![
        BinaryOp::Coalesce,
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::BitOr,
        BinaryOp::BitXor,
        BinaryOp::BitAnd,
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::ShiftLeft,
        BinaryOp::ShiftRight,
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::Remainder,
    ])
}

/// What stands behind a value.
#[derive(Clone, Debug)]
enum Suffix {
    Member(Name),
    /// With type arguments, which only some tokens behind them show to be no comparison.
    Invoke(Name, Vec<TypeSyntax>, Vec<Argument>),
    Call(Vec<Argument>),
    Index(Vec<Argument>),
}

fn apply(object: Expr, suffix: Suffix) -> Expr {
    let object = boxed(object);
    node(match suffix {
        Suffix::Member(name) => ExprKind::Member { object, name, type_arguments: Vec::new() },
        Suffix::Invoke(name, type_arguments, arguments) => {
            let callee = boxed(node(ExprKind::Member { object, name, type_arguments }));
            ExprKind::Call { callee, arguments }
        }
        Suffix::Call(arguments) => ExprKind::Call { callee: object, arguments },
        Suffix::Index(arguments) => ExprKind::Index { object, arguments },
    })
}

fn type_arguments() -> impl Strategy<Value = Vec<TypeSyntax>> {
    prop::collection::vec(any_type(), 1..3)
}

fn argument(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Argument> {
    let declared = (declared_type(), name()).prop_map(|(ty, name)| ExprKind::Declaration { ty, name });
    let by_reference =
        prop_oneof![declared, name().prop_map(|name| ExprKind::Name { name, type_arguments: Vec::new() })];
    prop_oneof![
        4 => inner.prop_map(|value| Argument { name: None, by_reference: false, value }),
        1 => by_reference.prop_map(|kind| Argument { name: None, by_reference: true, value: node(kind) }),
    ]
    .prop_flat_map(|argument| {
        option::weighted(0.2, name()).prop_map(move |name| Argument { name, ..argument.clone() })
    })
    .boxed()
}

fn suffix(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Suffix> {
    let arguments = argument(inner);
    prop_oneof![
        2 => name().prop_map(Suffix::Member),
        1 => (name(), type_arguments(), prop::collection::vec(arguments.clone(), 0..3))
            .prop_map(|(name, types, arguments)| Suffix::Invoke(name, types, arguments)),
        1 => prop::collection::vec(arguments.clone(), 0..3).prop_map(Suffix::Call),
        1 => prop::collection::vec(arguments, 1..3).prop_map(Suffix::Index),
    ]
    .boxed()
}

fn calls(suffix: &Suffix) -> bool {
    matches!(suffix, Suffix::Call(_) | Suffix::Invoke(..))
}

fn null_safe(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let first = suffix(inner.clone()).prop_filter("a call", |suffix| !matches!(suffix, Suffix::Call(_)));
    let chain = (first, prop::collection::vec(suffix(inner.clone()), 0..3)).prop_map(|(first, rest)| {
        let start = apply(node(ExprKind::Binding), first);
        rest.into_iter().fold(start, apply)
    });
    (inner, chain.clone(), option::weighted(0.3, chain))
        .prop_map(|(object, rest, again)| {
            let rest = match again {
                Some(again) => node(ExprKind::NullSafe { object: boxed(rest), rest: boxed(again) }),
                None => rest,
            };
            node(ExprKind::NullSafe { object: boxed(object), rest: boxed(rest) })
        })
        .boxed()
}

fn target(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let named = name().prop_map(|name| node(ExprKind::Name { name, type_arguments: Vec::new() }));
    let suffixed = (inner.clone(), suffix(inner))
        .prop_filter_map("a call", |(object, suffix)| (!calls(&suffix)).then(|| apply(object, suffix)));
    prop_oneof![named, suffixed].boxed()
}

/// What is tested for; `nullable` where nothing can follow that is taken for an operand of `?`.
fn pattern(nullable: bool) -> BoxedStrategy<Pattern> {
    let constant_name = prop::collection::vec(type_name(), 1..3).prop_map(|names| {
        let mut names = names.into_iter();
        let first = names.next().unwrap();
        let first = node(ExprKind::Name { name: first, type_arguments: Vec::new() });
        names.fold(first, |object, name| apply(object, Suffix::Member(name)))
    });
    let constant = prop_oneof![literal().prop_map(|value| node(ExprKind::Literal(value))), constant_name];
    let named_type = prop_oneof![Just(type_of(TypeKind::Var)), plain_type(), tested_type()];
    let alone = if nullable {
        prop_oneof![tested_type(), keyword_type().prop_map(|ty| type_of(TypeKind::Nullable(Box::new(ty))))]
            .boxed()
    } else {
        tested_type()
    };
    prop_oneof![
        constant.prop_map(Pattern::Constant),
        (named_type, name()).prop_map(|(ty, name)| Pattern::Type(ty, Some(name))),
        alone.prop_map(|ty| Pattern::Type(ty, None)),
    ]
    .boxed()
}

fn thrown(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    prop_oneof![4 => inner.clone(), 1 => inner.prop_map(|value| node(ExprKind::Throw(boxed(value))))].boxed()
}

fn parameters() -> BoxedStrategy<Vec<Parameter>> {
    let untyped = prop::collection::vec(name().prop_map(|name| Parameter { ty: None, name }), 0..3);
    let typed = (any_type(), name()).prop_map(|(ty, name)| Parameter { ty: Some(ty), name });
    prop_oneof![untyped, prop::collection::vec(typed, 1..3)].boxed()
}

fn body(inner: BoxedStrategy<Expr>) -> BoxedStrategy<LambdaBody> {
    let simple = prop_oneof![
        option::of(inner.clone()).prop_map(|value| statement_of(StmtKind::Return(value))),
        (name(), inner.clone()).prop_map(|(name, value)| statement_of(StmtKind::Local {
            ty: type_of(TypeKind::Var),
            variables: vec![(name, Some(value))],
            constant: false,
        })),
    ];
    prop_oneof![
        thrown(inner).prop_map(|value| LambdaBody::Expr(boxed(value))),
        prop::collection::vec(simple, 0..3).prop_map(LambdaBody::Block),
    ]
    .boxed()
}

fn initializer(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Initializer> {
    let elements = prop::collection::vec(prop::collection::vec(inner.clone(), 1..3), 0..3);
    let leaf = elements.prop_map(Initializer::Elements);
    leaf.prop_recursive(2, 6, 2, move |nested| {
        let value = prop_oneof![
            inner.clone().prop_map(InitializerValue::Expr),
            nested.prop_map(InitializerValue::Nested),
        ];
        let index = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            prop::collection::vec((name(), value.clone()), 1..3).prop_map(Initializer::Members),
            prop::collection::vec((index, value), 1..3).prop_map(Initializer::Indexed),
        ]
    })
    .boxed()
}

fn piece(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Piece> {
    (inner, option::weighted(0.3, -9..10_i32), option::weighted(0.3, "[A-Za-z0-9#.,-]{1,5}"))
        .prop_map(|(value, width, format)| {
            let alignment = width.map(|width| {
                let number = node(ExprKind::Literal(Value::Int(width.abs())));
                if width < 0 {
                    node(ExprKind::Unary { op: UnaryOp::Minus, operand: boxed(number) })
                } else {
                    number
                }
            });
            Piece::Hole { value, alignment, format }
        })
        .boxed()
}

fn interpolated(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let text = "(\\PC|[\"\\\\{}\n]){1,6}".prop_map(Piece::Text);
    let rest = prop::collection::vec((piece(inner), option::of(text.clone())), 0..3);
    (option::of(text), rest)
        .prop_map(|(first, rest)| {
            let mut pieces: Vec<Piece> = first.into_iter().collect();
            for (mut hole, text) in rest {
                // `}}` behind a format belongs to the format.
                if let (Piece::Hole { format, .. }, Some(Piece::Text(text))) = (&mut hole, &text)
                    && text.starts_with('}')
                {
                    *format = None;
                }
                pieces.push(hole);
                pieces.extend(text);
            }
            node(ExprKind::Interpolated(pieces))
        })
        .boxed()
}

fn creation(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let arguments = prop::collection::vec(argument(inner.clone()), 0..3);
    let object = (created_type(), arguments, option::of(initializer(inner.clone())))
        .prop_map(|(target, arguments, initializer)| ExprKind::New { target, arguments, initializer });
    let element = (created_type(), any::<bool>(), 0..3).prop_map(|(mut ty, nullable, ranks)| {
        if nullable {
            ty = type_of(TypeKind::Nullable(Box::new(ty)));
        }
        (0..ranks).fold(ty, |ty, _| type_of(TypeKind::Array(Box::new(ty), 1)))
    });
    let items = prop::collection::vec(inner.clone(), 0..3);
    let sized = (element.clone(), prop::collection::vec(inner.clone(), 1..3))
        .prop_map(|(ty, sizes)| ExprKind::NewArray { element: Some(ty), sizes, items: None });
    let listed = (option::of(element), items).prop_map(|(element, items)| ExprKind::NewArray {
        element,
        sizes: Vec::new(),
        items: Some(items),
    });
    let anonymous = prop::collection::vec((name(), inner), 0..3).prop_map(ExprKind::NewAnonymous);
    prop_oneof![object, sized, listed, anonymous].prop_map(node).boxed()
}

fn leaf() -> BoxedStrategy<Expr> {
    prop_oneof![
        3 => literal().prop_map(ExprKind::Literal),
        3 => name().prop_map(|name| ExprKind::Name { name, type_arguments: Vec::new() }),
        1 => (name(), type_arguments(), name()).prop_map(|(owner, type_arguments, name)| ExprKind::Member {
            object: boxed(node(ExprKind::Name { name: owner, type_arguments })),
            name,
            type_arguments: Vec::new(),
        }),
        1 => "[a-z <'\"\\\\]{2,5}".prop_map(ExprKind::QuotedText),
        1 => (keyword_type(), name()).prop_map(|(ty, name)| ExprKind::Member {
            object: boxed(node(ExprKind::Type(ty))),
            name,
            type_arguments: Vec::new(),
        }),
        1 => any_type().prop_map(ExprKind::TypeOf),
        1 => option::of(any_type()).prop_map(ExprKind::Default),
        1 => name().prop_map(|name| ExprKind::NameOf(name.text)),
    ]
    .prop_map(node)
    .boxed()
}

/// Any expression.
pub(in crate::policy) fn expr() -> BoxedStrategy<Expr> {
    leaf()
        .prop_recursive(4, 40, 3, |inner| {
            let inner = inner.boxed();
            let value = inner.clone();
            let pair = (value.clone(), value.clone());
            prop_oneof![
                2 => (value.clone(), suffix(value.clone())).prop_map(|(object, suffix)| apply(object, suffix)),
                1 => null_safe(value.clone()),
                1 => (unary_op(), value.clone())
                    .prop_map(|(op, operand)| node(ExprKind::Unary { op, operand: boxed(operand) })),
                1 => (target(value.clone()), any::<bool>(), any::<bool>())
                    .prop_map(|(target, up, prefix)| node(ExprKind::Step { target: boxed(target), up, prefix })),
                4 => (binary_op(), pair).prop_map(|(op, (left, right))| {
                    node(ExprKind::Binary { op, left: boxed(left), right: boxed(right) })
                }),
                1 => (value.clone(), thrown(value.clone())).prop_map(|(left, right)| {
                    node(ExprKind::Binary {
                        op: BinaryOp::Coalesce,
                        left: boxed(left),
                        right: boxed(right),
                    })
                }),
                1 => assignment(value.clone()),
                1 => (value.clone(), thrown(value.clone()), thrown(value.clone())).prop_map(
                    |(condition, yes, no)| node(ExprKind::Conditional {
                        condition: boxed(condition),
                        yes: boxed(yes),
                        no: boxed(no),
                    })
                ),
                1 => (any_type(), value.clone())
                    .prop_map(|(target, operand)| node(ExprKind::Cast { target, operand: boxed(operand) })),
                1 => (value.clone(), any_type())
                    .prop_map(|(operand, target)| node(ExprKind::As { operand: boxed(operand), target })),
                1 => (value.clone(), pattern(true)).prop_map(|(operand, pattern)| node(ExprKind::Is {
                    operand: boxed(operand),
                    pattern: Box::new(pattern),
                })),
                1 => (parameters(), body(value.clone()))
                    .prop_map(|(parameters, body)| node(ExprKind::Lambda { parameters, body })),
                2 => creation(value.clone()),
                1 => prop::collection::vec((option::of(name()), value.clone()), 2..4)
                    .prop_map(|parts| node(ExprKind::Tuple(parts))),
                1 => (any::<bool>(), value.clone())
                    .prop_map(|(checked, value)| node(ExprKind::Checked(checked, boxed(value)))),
                1 => interpolated(value),
            ]
        })
        .boxed()
}

fn assignment(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let op = prop::sample::select(vec![
        None,
        Some(BinaryOp::Add),
        Some(BinaryOp::Subtract),
        Some(BinaryOp::Multiply),
        Some(BinaryOp::Divide),
        Some(BinaryOp::Remainder),
        Some(BinaryOp::BitAnd),
        Some(BinaryOp::BitOr),
        Some(BinaryOp::BitXor),
        Some(BinaryOp::ShiftLeft),
        Some(BinaryOp::ShiftRight),
    ]);
    (op, target(inner.clone()), inner)
        .prop_map(|(op, target, value)| {
            node(ExprKind::Assign { op, target: boxed(target), value: boxed(value) })
        })
        .boxed()
}

/// An expression that may be a statement.
fn effect() -> BoxedStrategy<Expr> {
    let call = (expr(), prop::collection::vec(argument(expr()), 0..2))
        .prop_map(|(callee, arguments)| node(ExprKind::Call { callee: boxed(callee), arguments }));
    prop_oneof![call, assignment(expr())].boxed()
}

fn local() -> BoxedStrategy<StmtKind> {
    let variables = prop::collection::vec((name(), option::of(expr())), 1..3);
    (declared_type(), variables)
        .prop_map(|(ty, variables)| StmtKind::Local { ty, variables, constant: false })
        .boxed()
}

fn simple_statement() -> BoxedStrategy<StmtKind> {
    let constant = (keyword_type(), name(), expr()).prop_map(|(ty, name, value)| StmtKind::Local {
        ty,
        variables: vec![(name, Some(value))],
        constant: true,
    });
    let untyped = prop::collection::vec(name().prop_map(|name| (None, name)), 2..4);
    let typed = (declared_type(), name()).prop_map(|(ty, name)| (Some(ty), name));
    let names = prop_oneof![untyped, prop::collection::vec(typed, 2..4)];
    prop_oneof![
        local(),
        constant,
        (names, expr()).prop_map(|(names, value)| StmtKind::Deconstruct { names, value }),
        effect().prop_map(StmtKind::Expr),
        option::of(expr()).prop_map(StmtKind::Return),
        option::of(expr()).prop_map(StmtKind::Throw),
        Just(StmtKind::Break),
        Just(StmtKind::Continue),
        Just(StmtKind::Empty),
    ]
    .boxed()
}

/// Any statement.
pub(in crate::policy) fn stmt() -> BoxedStrategy<Stmt> {
    let leaf = simple_statement().prop_map(statement_of);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let statements = prop::collection::vec(inner.clone(), 0..3).boxed();
        let block = statements.clone().prop_map(|body| Box::new(statement_of(StmtKind::Block(body)))).boxed();
        prop_oneof![
            statements.clone().prop_map(StmtKind::Block),
            (any::<bool>(), statements.clone()).prop_map(|(checked, body)| StmtKind::Checked(checked, body)),
            branches(block.clone()),
            loops(block.clone()),
            switch(inner.clone().boxed()),
            attempt(statements.clone()),
            (prop_oneof![local(), expr().prop_map(StmtKind::Expr)], block)
                .prop_map(|(resource, body)| StmtKind::Using(Box::new(statement_of(resource)), body)),
            local_function(statements),
        ]
        .prop_map(statement_of)
    })
    .boxed()
}

fn branches(block: BoxedStrategy<Box<Stmt>>) -> BoxedStrategy<StmtKind> {
    let again = (expr(), block.clone(), option::of(block.clone()))
        .prop_map(|(condition, yes, no)| Box::new(statement_of(StmtKind::If { condition, yes, no })));
    (expr(), block.clone(), option::of(prop_oneof![block, again]))
        .prop_map(|(condition, yes, no)| StmtKind::If { condition, yes, no })
        .boxed()
}

fn loops(block: BoxedStrategy<Box<Stmt>>) -> BoxedStrategy<StmtKind> {
    let start = prop_oneof![
        local().prop_map(|kind| vec![statement_of(kind)]),
        prop::collection::vec(effect().prop_map(|value| statement_of(StmtKind::Expr(value))), 0..3),
    ];
    let step = prop::collection::vec(effect(), 0..3);
    prop_oneof![
        (start, option::of(expr()), step, block.clone())
            .prop_map(|(start, condition, step, body)| StmtKind::For { start, condition, step, body }),
        (declared_type(), name(), expr(), block.clone())
            .prop_map(|(ty, name, items, body)| StmtKind::ForEach { ty, name, items, body }),
        (expr(), block.clone()).prop_map(|(condition, body)| StmtKind::While(condition, body)),
        (block, expr()).prop_map(|(body, condition)| StmtKind::DoWhile(body, condition)),
    ]
    .boxed()
}

fn switch(inner: BoxedStrategy<Stmt>) -> BoxedStrategy<StmtKind> {
    let case = (pattern(false), option::of(expr())).prop_map(|(pattern, guard)| (Some(pattern), guard));
    let label = prop_oneof![3 => case, 1 => Just((None, None))];
    let section = (prop::collection::vec(label, 1..3), prop::collection::vec(inner, 1..3))
        .prop_map(|(labels, body)| SwitchSection { labels, body });
    (expr(), prop::collection::vec(section, 0..3))
        .prop_map(|(value, sections)| StmtKind::Switch(value, sections))
        .boxed()
}

fn attempt(statements: BoxedStrategy<Vec<Stmt>>) -> BoxedStrategy<StmtKind> {
    let caught = option::of((any_type(), option::of(name())));
    let catch = (caught, option::of(expr()), statements.clone()).prop_map(|(caught, guard, body)| {
        let (ty, name) = caught.map_or((None, None), |(ty, name)| (Some(ty), name));
        Catch { ty, name, guard, body }
    });
    (statements.clone(), prop::collection::vec(catch, 1..3), option::of(statements))
        .prop_map(|(body, catches, finally)| StmtKind::Try { body, catches, finally })
        .boxed()
}

fn local_function(statements: BoxedStrategy<Vec<Stmt>>) -> BoxedStrategy<StmtKind> {
    let void = {
        let name = Name { text: "void".to_owned(), span: nowhere() };
        type_of(TypeKind::Named(vec![TypePart { name, arguments: Vec::new() }]))
    };
    let parameter = (any_type(), name()).prop_map(|(ty, name)| Parameter { ty: Some(ty), name });
    let body = prop_oneof![
        thrown(expr()).prop_map(|value| LambdaBody::Expr(boxed(value))),
        statements.prop_map(LambdaBody::Block),
    ];
    (prop_oneof![any_type(), Just(void)], name(), prop::collection::vec(parameter, 0..3), body)
        .prop_map(|(ty, name, parameters, body)| StmtKind::LocalFunction { ty, name, parameters, body })
        .boxed()
}

/// Any tree.
pub(in crate::policy) fn tree() -> BoxedStrategy<Tree> {
    prop_oneof![
        expr().prop_map(Tree::Single),
        prop::collection::vec(stmt(), 1..4).prop_map(|body| Tree::Block(body, nowhere())),
    ]
    .boxed()
}
