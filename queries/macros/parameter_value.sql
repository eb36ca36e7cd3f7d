-- Value in force of a parameter of view parameters.
-- Parameters: name
(select p.value from store.parameter as p where p.parameter = name)
